// Reads the command line, the environment and the configuration file, and decides what the program does. main() needs only this.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/config.h"

namespace mote::gateway {

// main() prints both texts, then runs with `config`, or exits if there is none.
struct Outcome {
  std::optional<Config> config;  // effective: every limit resolved, the worst case within the budget
  int exit_code = 0;             // 0 or 2
  std::string out;               // for stdout
  std::string err;               // for stderr, whole lines
  std::string config_file = {};  // that was read; empty: none
};

// The program that is configured: its name and the costs of the limits in its engine.
struct Program {
  std::string_view name;
  engine::EngineSizes sizes;
  std::string_view services = {};  // Lines for --help.
  std::string_view version = {};   // What --version prints.
};

// "NAME: TEXT" and the end of a line.
std::string line_of(const Program& program, std::string_view text);

// `arguments` without the program's name; `variables` like environ. The first error in the flags is one line and exit code 2;
// each error in the environment and the file is one line. --check-config lists all of them.
Outcome configure(const Program& program, std::span<const char* const> arguments, const char* const* variables);

}  // namespace mote::gateway
