// The configuration once more, while the gateway serves.
#pragma once

#include <optional>
#include <span>

#include "engine/limits.h"
#include "engine/log.h"
#include "gateway/configure.h"

namespace mote::gateway {

// What may change without a restart.
struct Reread {
  engine::Limits limits;  // Resolved.
  engine::LogLevel log_level;
};

// Does in a child process what configure() does, because that takes the heap, which the serving process does not touch. Its
// complaints go to stderr. Nothing: there were some, or no child process was to be had.
std::optional<Reread> reread_configuration(const Program& program, std::span<const char* const> arguments,
                                           const char* const* variables);

}  // namespace mote::gateway
