#include "mote-device/payload.h"

#include <sys/mman.h>

namespace mote::tool {
namespace {

constexpr bool continues_character(char byte) {
  return (static_cast<std::uint8_t>(byte) & 0xc0U) == 0x80U;
}

}  // namespace

Memory::Memory(std::size_t bytes) {
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return;
  data_ = static_cast<std::uint8_t*>(pages);
  size_ = bytes;
}

Memory::~Memory() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

void repeat_text(std::string_view text, std::span<std::uint8_t> place) {
  for (std::size_t i = 0; i < place.size(); ++i)
    place[i] = static_cast<std::uint8_t>(text[i % text.size()]);
  // The text ends in the middle of a character: replace its first bytes.
  std::size_t end = place.size();
  for (std::size_t next = end % text.size(); continues_character(text[next]); --next)
    place[--end] = '.';
}

}  // namespace mote::tool
