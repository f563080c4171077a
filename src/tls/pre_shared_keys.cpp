#include "tls/pre_shared_keys.h"

#include <algorithm>

#include "bytes/hex_digit.h"

namespace mote::tls {
namespace {

constexpr std::size_t kLeastPskBytes = 16;

}  // namespace

bool is_psk(std::string_view digits) {
  return digits.size() >= 2 * kLeastPskBytes && digits.size() <= 2 * PskBuffer{}.size() && digits.size() % 2 == 0 &&
         std::ranges::all_of(digits, is_hex_digit);
}

std::string_view find_psk(std::string_view lines, std::string_view identity) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    if (line.size() > identity.size() && line.starts_with(identity) && line[identity.size()] == ' ')
      return line.substr(identity.size() + 1);
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return {};
}

Bytes psk_bytes(std::string_view digits, PskBuffer& to) {
  const std::size_t size = std::min(digits.size() / 2, to.size());
  for (std::size_t i = 0; i < size; ++i)
    to[i] = static_cast<std::uint8_t>(hex_value(digits[2 * i]) << 4U | hex_value(digits[2 * i + 1]));
  return Bytes(to).first(size);
}

}  // namespace mote::tls
