#include "gateway/startup_pages.h"

#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

// The header of the program in memory.
// NOLINTNEXTLINE(readability-identifier-naming): the linker defines it.
extern "C" const ElfW(Ehdr) __ehdr_start;

namespace mote::gateway {
void return_startup_pages() {
  struct Pages {
    std::uintptr_t begin;
    std::size_t size;
  };
  const std::uintptr_t page = ::getauxval(AT_PAGESZ);
  const auto program = reinterpret_cast<std::uintptr_t>(&__ehdr_start);
  const auto* const headers = reinterpret_cast<const ElfW(Phdr)*>(program + __ehdr_start.e_phoff);
  // All are found before the first is returned: the headers are in one of them.
  std::array<Pages, 4> found{};
  std::size_t count = 0;
  std::uintptr_t base = program;
  for (const auto& header : std::span(headers, __ehdr_start.e_phnum)) {
    if (header.p_type != PT_LOAD) continue;
    if (header.p_offset == 0) base -= header.p_vaddr;
    if ((header.p_flags & PF_W) != 0 || count == found.size()) continue;
    const std::uintptr_t begin = (base + header.p_vaddr) / page * page;
    found[count++] = {begin, base + header.p_vaddr + header.p_memsz - begin};
  }
  for (const Pages& pages : std::span(found).first(count))
    (void)::madvise(reinterpret_cast<void*>(pages.begin), pages.size, MADV_DONTNEED);
}

}  // namespace mote::gateway
