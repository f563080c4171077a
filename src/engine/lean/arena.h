// All memory of the engine, mapped in one piece at start. A page that was never written takes no physical memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mote::lean {

class Arena {
 public:
  // If the kernel refuses the memory, valid() is false.
  // At least 1 byte.
  explicit Arena(std::size_t size_bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  [[nodiscard]] bool valid() const { return !memory_.empty(); }
  [[nodiscard]] std::size_t left_bytes() const { return left_.size(); }

  // Returns the next `size_bytes`, zeroed and aligned for any type. Ends the process if fewer are left; the size of the
  // arena is the sum of all these requests.
  std::span<std::uint8_t> take(std::size_t size_bytes);

  // Storage for `count` objects, which the caller constructs.
  template <class T>
  std::span<T> take_array(std::size_t count) {
    static_assert(alignof(T) <= alignof(std::max_align_t));
    // NOLINTNEXTLINE(bugprone-sizeof-expression): T may well be a pointer
    void* const storage = take(count * sizeof(T)).data();
    return {static_cast<T*>(storage), count};
  }

 private:
  std::span<std::uint8_t> memory_;
  std::span<std::uint8_t> left_;
};

}  // namespace mote::lean
