#include "engine/fixed_text.h"

#include <algorithm>
#include <charconv>

namespace mote::engine {

void FixedTextPart::append(std::span<char> room, std::string_view text) {
  const std::string_view fitting = text.substr(0, room.size() - size_);
  std::copy(fitting.begin(), fitting.end(), room.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += fitting.size();
  truncated_ = truncated_ || fitting.size() != text.size();
}

void FixedTextPart::append(std::span<char> room, std::uint64_t number) {
  std::array<char, 20> digits{};
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  append(room, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

}  // namespace mote::engine
