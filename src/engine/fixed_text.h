// Text built in place, without the heap.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mote::engine {

// Holds at most `capacity` bytes. Longer text is cut; then truncated() is true.
template <std::size_t capacity>
class FixedText {  // NOLINT(cppcoreguidelines-pro-type-member-init): chars_ are written before they are read
 public:
  FixedText& add(std::string_view text) {
    const std::string_view fitting = text.substr(0, capacity - size_);
    std::copy(fitting.begin(), fitting.end(), chars_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += fitting.size();
    truncated_ = truncated_ || fitting.size() != text.size();
    return *this;
  }
  FixedText& add(std::uint64_t number) {
    std::array<char, 20> digits{};
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return add({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

  [[nodiscard]] std::string_view view() const { return {chars_.data(), size_}; }
  [[nodiscard]] bool truncated() const { return truncated_; }

 private:
  std::array<char, capacity> chars_;
  std::size_t size_ = 0;
  bool truncated_ = false;
};

}  // namespace mote::engine
