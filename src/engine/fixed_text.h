// Text built in place, without the heap.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mote::engine {

// What a FixedText of any capacity does.
class FixedTextPart {
 public:
  [[nodiscard]] bool truncated() const { return truncated_; }

 protected:
  [[nodiscard]] std::size_t size() const { return size_; }
  void append(std::span<char> room, std::string_view text);
  void append(std::span<char> room, std::uint64_t number);

 private:
  std::size_t size_ = 0;
  bool truncated_ = false;
};

// Holds at most `capacity` bytes. Longer text is cut; then truncated() is true.
template <std::size_t capacity>
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): chars_ are written before they are read
class FixedText : public FixedTextPart {
 public:
  FixedText& add(std::string_view text) {
    append(chars_, text);
    return *this;
  }
  FixedText& add(std::uint64_t number) {
    append(chars_, number);
    return *this;
  }

  [[nodiscard]] std::string_view view() const { return {chars_.data(), size()}; }

 private:
  std::array<char, capacity> chars_;
};

}  // namespace mote::engine
