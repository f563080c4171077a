#include "selftest/line.h"

#include <algorithm>

namespace mote::selftest {

Line& Line::operator<<(std::string_view text) {
  out_.bytes(wire::as_bytes(text).first(std::min(text.size(), out_.room())));
  return *this;
}

Line& Line::operator<<(std::uint32_t number) {
  std::array<char, 10> digits{};
  std::size_t first = digits.size();
  do {
    digits[--first] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  std::string_view text(digits.data(), digits.size());
  text.remove_prefix(first);
  return *this << text;
}

const char* Line::finish() {
  bytes_[out_.size()] = '\n';
  bytes_[out_.size() + 1] = 0;
  return wire::as_text(bytes_).data();
}

}  // namespace mote::selftest
