// Who keeps which limit when the gRPC library serves. Needs nothing of the library, for docs/limits.md lists it.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/limits.h"

namespace mote::official {

enum class Keeper : std::uint8_t {
  Library,
  Engine,  // src/engine/official itself.
  Nobody,  // Neither can: the limit has no effect.
};

struct KeptLimit {
  Keeper keeper;
  std::string_view how;  // A sentence: what is different from what the table of limits says; empty where nothing is.
};

// With the library of Debian 12, version 1.51.
KeptLimit kept(engine::LimitId id);

// A log line for each limit that is not the default and that nobody keeps.
void log_limits_without_effect(const engine::Limits& limits);

}  // namespace mote::official
