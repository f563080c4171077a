// Looks into texts, and compares lists of lines.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "support/cmocka_test.h"

namespace mote::test {

using Lines = std::vector<std::string>;

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Prints both if they differ.
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
