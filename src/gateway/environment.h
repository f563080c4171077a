// Settings from environment variables: MOTE_MAX_STREAMS=10 sets max-streams. MOTE_CONFIG names the configuration file.
//
// A MOTE_ variable that is no setting is not an error but a warning: other programs have such variables too, and
// Kubernetes sets MOTE_PORT and more in every pod beside a service called mote. MOTE_TEST_* is left alone silently.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/config.h"

namespace mote::gateway {

struct Environment {
  Assignments assignments;
  std::optional<std::string> config_file;
  std::vector<std::string> warnings;  // one line each
};

// `variables` is what main() gets as environ: NAME=VALUE strings behind one another, ended by a null pointer.
Environment read_environment(const char* const* variables);

}  // namespace mote::gateway
