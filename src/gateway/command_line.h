// Flags: --KEY VALUE or --KEY=VALUE for every setting, and the flags of actions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gateway/config.h"

namespace mote::gateway {

enum class Action : std::uint8_t { Run, PrintConfig, CheckConfig, Help, Version };

struct CommandLine {
  Action action = Action::Run;  // the last one given, but --help and --version take precedence
  Assignments assignments;      // a repeated flag replaces the earlier one
  std::optional<std::string> config_file;
  std::vector<ConfigError> errors;  // arguments that set nothing
};

// `arguments` without the program's name.
CommandLine parse_command_line(std::span<const char* const> arguments);

}  // namespace mote::gateway
