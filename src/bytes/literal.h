// Text compared with a literal: the size is known to the compiler, so that an instruction or two come before the bytes are
// looked at, and no length is counted.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace mote {

template <std::size_t size>
bool is(std::string_view text, const char (&literal)[size]) {
  return text.size() == size - 1 && std::memcmp(text.data(), literal, size - 1) == 0;
}

template <std::size_t size>
bool begins(std::string_view text, const char (&literal)[size]) {
  return text.size() >= size - 1 && std::memcmp(text.data(), literal, size - 1) == 0;
}

}  // namespace mote
