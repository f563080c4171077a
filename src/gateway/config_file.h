// The configuration file: flat `key = value` lines. A '#' at the start of a line or after a blank begins a comment;
// blank lines are skipped. A key stands once, `listen` as often as wanted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config.h"

namespace mote::gateway {

struct ConfigFile {
  Assignments assignments;
  std::vector<ConfigError> errors;  // lines that set nothing, each with its number
};

// `name` is what errors call the file.
ConfigFile parse_config_file(std::string_view text, const std::string& name);

// A file that cannot be read, or has more than 1 MiB, is one error without a line.
ConfigFile read_config_file(const std::string& path);

}  // namespace mote::gateway
