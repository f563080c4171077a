// Sockets that the service manager opened before the gateway started (socket activation, sd_listen_fds(3)). They keep their
// backlog while the gateway restarts, and may use ports that its user may not open.
#pragma once

#include <string>
#include <vector>

namespace mote::gateway {

struct PassedSockets {
  std::vector<int> descriptors;  // Listening stream sockets, non-blocking; the caller owns them.
  std::string error;             // One line if anything else was passed.
};

// From LISTEN_PID and LISTEN_FDS in `variables` (environ). None if they are for another process.
PassedSockets passed_sockets(const char* const* variables);

}  // namespace mote::gateway
