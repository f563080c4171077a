// Which limits mote-gateway-grpc enforces. Does not depend on the library, because docs/limits.md lists the table.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/limits.h"

namespace mote::official {

enum class Keeper : std::uint8_t {
  Library,
  Engine,  // src/engine/official itself.
  Nobody,  // The limit has no effect.
};

struct KeptLimit {
  Keeper keeper;
  std::string_view how;  // A sentence: the difference from the table of limits; empty if there is none.
};

// With the library of Debian 12, version 1.51.
KeptLimit kept(engine::LimitId id);

// Logs a line for each limit that is set but not enforced.
void log_limits_without_effect(const engine::Limits& limits);

}  // namespace mote::official
