// Makes the pages of PT_GNU_RELRO read-only before main(). glibc does it for static programs, musl only for those with a
// loader.
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <span>

// The linker puts it where the program begins, at address 0 of the file.
extern "C" [[gnu::visibility("hidden")]] const ElfW(Ehdr) __ehdr_start;

extern "C" [[gnu::constructor(101), gnu::used]] void mote_protect_relocated_pages() {
  const auto base = reinterpret_cast<std::uintptr_t>(&__ehdr_start);
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  const std::span headers(reinterpret_cast<const ElfW(Phdr)*>(base + __ehdr_start.e_phoff), __ehdr_start.e_phnum);
  const auto page_mask = ~(static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE)) - 1);
  for (const ElfW(Phdr) & header : headers) {
    if (header.p_type != PT_GNU_RELRO) continue;
    const std::uintptr_t begin = (base + header.p_vaddr) & page_mask;
    // A last page that other data shares stays writable.
    const std::uintptr_t end = (base + header.p_vaddr + header.p_memsz) & page_mask;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    if (end > begin && ::mprotect(reinterpret_cast<void*>(begin), end - begin, PROT_READ) != 0) ::_exit(127);
  }
}
