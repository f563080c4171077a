// Sockets that the service manager opened before the gateway ran (socket activation, sd_listen_fds(3)): they keep their
// backlog while the gateway is restarted, and may have ports that its user may not open.
#pragma once

#include <string>
#include <vector>

namespace mote::gateway {

struct PassedSockets {
  std::vector<int> descriptors;  // Listening stream sockets, non-blocking; whoever takes them closes them.
  std::string error;             // One line, where something else was passed.
};

// From LISTEN_PID and LISTEN_FDS among `variables` (environ): none where they are meant for another process.
PassedSockets passed_sockets(const char* const* variables);

}  // namespace mote::gateway
