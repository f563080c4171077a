// The memory of a run, taken once, and the message that is sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mote::tool {

// Pages of zeros from the kernel.
class Memory {
 public:
  explicit Memory(std::size_t bytes);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // False: there is not that much.
  [[nodiscard]] bool taken() const { return data_ != nullptr; }
  [[nodiscard]] std::span<std::uint8_t> bytes() const { return {data_, size_}; }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

// Fills `place` with the text, which is UTF-8, over and over. A character that is cut at the end becomes dots, so that all of it
// is UTF-8.
void repeat_text(std::string_view text, std::span<std::uint8_t> place);

}  // namespace mote::tool
