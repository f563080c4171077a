// The configuration file: flat `key = value` lines. A '#' at the start of a line or after a blank begins a comment;
// blank lines are skipped. A key may occur once, `listen` any number of times.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config.h"

namespace mote::gateway {

struct ConfigFile {
  Assignments assignments;
  std::vector<ConfigError> errors;  // lines with an error, each with its number
};

// `name` is the name of the file in errors.
ConfigFile parse_config_file(std::string_view text, const std::string& name);

// A file that cannot be read, or has more than 1 MiB, is one error without a line.
ConfigFile read_config_file(const std::string& path);

}  // namespace mote::gateway
