// ASCII letters without regard to case, which names of header fields, hosts and schemes of HTTP have (RFC 9110 5.1, 4.2.3, 11.1).
#pragma once

#include <algorithm>
#include <string_view>

namespace mote {

constexpr char lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_case(x) == lower_case(y); });
}

}  // namespace mote
