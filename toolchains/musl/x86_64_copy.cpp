// memcpy() and memmove() in place of musl's for x86-64. Those use "rep movsq", which takes about 30 ns to begin and copies 11 GB/s
// (16 KiB in 1.4 us on a Xeon of 2023); these take 2 ns and 0.13 us.
#include <cpuid.h>
#include <emmintrin.h>

#include <cstddef>
#include <cstdint>

namespace {

// From this size on, "rep movsb" is faster than vectors on processors that have ERMS (Intel since 2012, AMD since 2020).
constexpr std::size_t kLeastForString = 1024;

// NOLINTBEGIN(cppcoreguidelines-pro-bounds-pointer-arithmetic): this is what copies for all others.

template <class Unit>
struct Unaligned {
  Unit unit;
} __attribute__((packed, may_alias));

// The first and the last `Unit` of the bytes, which may overlap. Both are read before one is written.
template <class Unit>
void copy_ends(std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
  const auto first = *reinterpret_cast<const Unaligned<Unit>*>(from);
  const auto last = *reinterpret_cast<const Unaligned<Unit>*>(from + size - sizeof(Unit));
  *reinterpret_cast<Unaligned<Unit>*>(to) = first;
  *reinterpret_cast<Unaligned<Unit>*>(to + size - sizeof(Unit)) = last;
}

// Vectors at `from`, held in registers.
template <std::size_t count>
struct Vectors {
  static constexpr std::size_t kBytes = count * sizeof(__m128i);

  explicit Vectors(const std::uint8_t* from) {
    for (std::size_t i = 0; i < count; ++i)
      vectors[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from) + i);
  }
  void store(std::uint8_t* to) const {
    for (std::size_t i = 0; i < count; ++i)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to) + i, vectors[i]);
  }

  __m128i vectors[count];
};

template <std::size_t count>
void copy_ends_of_vectors(std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
  const Vectors<count> first(from);
  const Vectors<count> last(from + size - Vectors<count>::kBytes);
  first.store(to);
  last.store(to + size - Vectors<count>::kBytes);
}

using Block = Vectors<4>;

// More than a block. `to` is not inside the bytes behind `from`.
void copy_forward(std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
  const std::size_t end = size - Block::kBytes;
  const Block last(from + end);
  for (std::size_t i = 0; i < end; i += Block::kBytes)
    Block(from + i).store(to + i);
  last.store(to + end);
}

// The same where `to` is inside them.
void copy_backward(std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
  const Block first(from);
  for (std::size_t i = size; i > Block::kBytes; i -= Block::kBytes)
    Block(from + i - Block::kBytes).store(to + i - Block::kBytes);
  first.store(to);
}

enum class Strings : std::uint8_t { Unknown, Slow, Fast };
constinit Strings strings = Strings::Unknown;

bool strings_are_fast() {
  if (strings == Strings::Unknown) {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    constexpr unsigned kErms = 1U << 9U;  // Intel 64 Software Developer's Manual, CPUID, leaf 7.
    strings = __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kErms) != 0 ? Strings::Fast : Strings::Slow;
  }
  return strings == Strings::Fast;
}

// NOLINTNEXTLINE(readability-non-const-parameter): the instruction writes there.
void copy_string(std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

void copy(std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
  if (size < 2) {
    if (size == 1) *to = *from;
  } else if (size < 4) {
    copy_ends<std::uint16_t>(to, from, size);
  } else if (size < 8) {
    copy_ends<std::uint32_t>(to, from, size);
  } else if (size < 16) {
    copy_ends<std::uint64_t>(to, from, size);
  } else if (size <= 32) {
    copy_ends_of_vectors<1>(to, from, size);
  } else if (size <= 64) {
    copy_ends_of_vectors<2>(to, from, size);
  } else if (reinterpret_cast<std::uintptr_t>(to) - reinterpret_cast<std::uintptr_t>(from) < size) {
    copy_backward(to, from, size);
  } else if (size >= kLeastForString && strings_are_fast()) {
    copy_string(to, from, size);
  } else {
    copy_forward(to, from, size);
  }
}
// NOLINTEND(cppcoreguidelines-pro-bounds-pointer-arithmetic)

}  // namespace

extern "C" void* memmove(void* to, const void* from, std::size_t size) {
  copy(static_cast<std::uint8_t*>(to), static_cast<const std::uint8_t*>(from), size);
  return to;
}

extern "C" void* memcpy(void* __restrict to, const void* __restrict from, std::size_t size) {
  copy(static_cast<std::uint8_t*>(to), static_cast<const std::uint8_t*>(from), size);
  return to;
}
