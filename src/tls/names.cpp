#include "tls/names.h"

#include <algorithm>

namespace mote::tls {
namespace {

// RFC 1035 2.3.4: 255 bytes on the wire.
constexpr std::size_t kLongestName = 253;

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](char letter) {
    return (lower(letter) >= 'a' && lower(letter) <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
           letter == '.' || letter == '_';
  });
}

bool name_matches(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with("*.")) return same_letters(pattern, name);
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 && same_letters(pattern.substr(1), name.substr(dot));
}

bool name_listed(std::string_view patterns, std::string_view name) {
  while (!patterns.empty()) {
    const std::size_t end = std::min(patterns.find('\n'), patterns.size());
    if (name_matches(patterns.substr(0, end), name)) return true;
    patterns.remove_prefix(std::min(end + 1, patterns.size()));
  }
  return false;
}

}  // namespace mote::tls
