// Settings from environment variables: MOTE_MAX_STREAMS=10 sets max-streams. MOTE_CONFIG names the configuration file. Another
// product has another prefix (product.h).
//
// An unknown MOTE_ variable is a warning, not an error: other programs have such variables too, and Kubernetes sets
// MOTE_PORT and others in the pods of a namespace with a service called mote. MOTE_TEST_* is ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config.h"

namespace mote::gateway {

struct Environment {
  Assignments assignments;
  std::optional<std::string> config_file;
  std::vector<std::string> warnings;  // one line each
};

// `variables` has the form of environ: NAME=VALUE strings, ended by a null pointer.
Environment read_environment(const char* const* variables);

// The value of one variable, found without the heap.
std::optional<std::string_view> find_variable(const char* const* variables, std::string_view name);

// The value of a variable that consists of decimal digits only.
std::optional<std::uint64_t> find_number(const char* const* variables, std::string_view name);

}  // namespace mote::gateway
