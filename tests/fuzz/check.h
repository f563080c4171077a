// What a fuzzer expects to hold.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace mote::fuzz {

inline void check(bool holds, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: broken\n", file, line);
  std::abort();
}

}  // namespace mote::fuzz
