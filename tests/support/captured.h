// Captures what code writes to a FILE.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace mote::test {

// Calls `write` with a FILE and returns what it wrote.
template <class Write>
std::string captured(const Write& write) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* file = ::open_memstream(&text, &size);
  write(file);
  std::fclose(file);
  std::string result(text, size);
  std::free(text);  // open_memstream(3)
  return result;
}

}  // namespace mote::test
