// Compares lists of lines and prints both if they differ.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "support/cmocka_test.h"

namespace mote::test {

using Lines = std::vector<std::string>;

inline void expect(const Lines& got, const Lines& want, const char* file = __builtin_FILE(),
                   int line = __builtin_LINE()) {
  if (got == want) return;
  std::printf("got:\n");
  for (const std::string& text : got)
    std::printf("  %s\n", text.c_str());
  std::printf("wanted:\n");
  for (const std::string& text : want)
    std::printf("  %s\n", text.c_str());
  std::fflush(stdout);
  _fail(file, line);
}

}  // namespace mote::test
