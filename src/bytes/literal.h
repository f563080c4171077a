// Compares text with a literal. The compiler knows the size of the literal, so it compares the sizes first, without counting
// a length, and then the bytes.
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
