// The memory and string functions of the C library, one byte at a time: 150 bytes of code; newlib's have 1,270. The data is
// short.
#include <cstddef>
#include <cstdint>

// NOLINTBEGIN(cppcoreguidelines-pro-bounds-pointer-arithmetic): basic functions.
extern "C" {

void* memcpy(void* to, const void* from, std::size_t size) {
  auto* target = static_cast<std::uint8_t*>(to);
  const auto* source = static_cast<const std::uint8_t*>(from);
  for (; size > 0; --size)
    *target++ = *source++;
  return to;
}

void* memmove(void* to, const void* from, std::size_t size) {
  auto* target = static_cast<std::uint8_t*>(to);
  const auto* source = static_cast<const std::uint8_t*>(from);
  if (target <= source) return memcpy(to, from, size);
  while (size-- > 0)
    target[size] = source[size];
  return to;
}

void* memset(void* to, int value, std::size_t size) {
  auto* target = static_cast<std::uint8_t*>(to);
  for (; size > 0; --size)
    *target++ = static_cast<std::uint8_t>(value);
  return to;
}

int memcmp(const void* one, const void* other, std::size_t size) {
  const auto* left = static_cast<const std::uint8_t*>(one);
  const auto* right = static_cast<const std::uint8_t*>(other);
  for (; size > 0; --size, ++left, ++right)
    if (*left != *right) return *left - *right;
  return 0;
}

std::size_t strlen(const char* text) {
  std::size_t size = 0;
  while (text[size] != 0)
    ++size;
  return size;
}

int strcmp(const char* one, const char* other) {
  for (; *one != 0 && *one == *other; ++one, ++other) {
  }
  return *one - *other;
}

}  // extern "C"
// NOLINTEND(cppcoreguidelines-pro-bounds-pointer-arithmetic)
