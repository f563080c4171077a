// From the command line and the environment to what the program does next. The door to everything else here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/config.h"

namespace mote::gateway {

// What main() does: print both texts, then run with `config`, or exit where there is none.
struct Outcome {
  std::optional<Config> config;  // effective: every limit resolved, the worst case within the budget
  int exit_code = 0;             // 0 or 2
  std::string out;               // for stdout
  std::string err;               // for stderr, whole lines
};

// The program that is configured: what it calls itself, and what the limits cost in its engine.
struct Program {
  std::string_view name;
  engine::EngineSizes sizes;
};

// `arguments` without the program's name; `variables` as environ. A mistake in the flags is one line and exit code 2;
// mistakes in the environment and the file are a line each. --check-config tells all of them.
Outcome configure(const Program& program, std::span<const char* const> arguments, const char* const* variables);

}  // namespace mote::gateway
