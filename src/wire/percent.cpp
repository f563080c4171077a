#include "wire/percent.h"

#include <array>
#include <cstdint>

namespace mote::wire {

namespace {

constexpr std::size_t kEscapeBytes = 3;

bool stays(char c) {
  return c >= 0x20 && c <= 0x7e && c != '%';
}

// -1 for what is no hexadecimal digit. Lower case is read though never written (RFC 3986 2.1).
int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool starts_with_escape(std::string_view text) {
  return text.size() >= kEscapeBytes && text[0] == '%' && digit_value(text[1]) >= 0 && digit_value(text[2]) >= 0;
}

}  // namespace

std::size_t percent_encoded_size(std::string_view text) {
  std::size_t size = 0;
  for (char c : text)
    size += stays(c) ? 1 : kEscapeBytes;
  return size;
}

void percent_encode(ByteWriter& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (stays(c)) {
      out.u8(byte);
      continue;
    }
    const std::array<char, kEscapeBytes> escape = {'%', kDigits[byte >> 4U], kDigits[byte & 0xfU]};
    out.text({escape.data(), escape.size()});
  }
}

std::size_t percent_decoded_size(std::string_view encoded) {
  std::size_t size = 0;
  while (!encoded.empty()) {
    encoded.remove_prefix(starts_with_escape(encoded) ? kEscapeBytes : 1);
    ++size;
  }
  return size;
}

void percent_decode(std::string_view encoded, ByteWriter& out) {
  while (!encoded.empty()) {
    if (starts_with_escape(encoded)) {
      out.u8(static_cast<std::uint8_t>(digit_value(encoded[1]) * 16 + digit_value(encoded[2])));
      encoded.remove_prefix(kEscapeBytes);
    } else {
      out.u8(static_cast<std::uint8_t>(encoded.front()));
      encoded.remove_prefix(1);
    }
  }
}

}  // namespace mote::wire
