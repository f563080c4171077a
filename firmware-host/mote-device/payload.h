// The memory of a run, allocated once, and the message to send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mote::tool {

// Zeroed pages from the kernel.
class Memory {
 public:
  explicit Memory(std::size_t bytes);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // False: not enough memory.
  [[nodiscard]] bool taken() const { return data_ != nullptr; }
  [[nodiscard]] std::span<std::uint8_t> bytes() const { return {data_, size_}; }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

// Fills `place` with repetitions of the text, which is UTF-8. A truncated character at the end is replaced by dots, so that
// the result is valid UTF-8.
void repeat_text(std::string_view text, std::span<std::uint8_t> place);

}  // namespace mote::tool
