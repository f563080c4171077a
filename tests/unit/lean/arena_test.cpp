#include "engine/lean/arena.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::lean::Arena;

constexpr std::size_t kAlignment = alignof(std::max_align_t);

void test_parts_are_zeroed_aligned_and_apart(void**) {
  Arena arena(4096);
  assert_true(arena.valid());
  assert_int_equal(arena.left_bytes(), 4096);
  const auto first = arena.take(3);
  const auto second = arena.take(kAlignment);
  assert_int_equal(first.size(), 3);
  assert_int_equal(arena.left_bytes(), 4096 - 2 * kAlignment);
  assert_true(second.data() >= first.data() + first.size());
  for (const auto part : {first, second}) {
    assert_int_equal(reinterpret_cast<std::uintptr_t>(part.data()) % kAlignment, 0);
    assert_true(std::all_of(part.begin(), part.end(), [](std::uint8_t byte) { return byte == 0; }));
    std::fill(part.begin(), part.end(), std::uint8_t(0xff));
  }
  const auto rest = arena.take(arena.left_bytes());
  assert_int_equal(rest[0], 0);
  rest.back() = 1;
  assert_int_equal(arena.left_bytes(), 0);
  assert_int_equal(arena.take(0).size(), 0);
}

void test_arrays(void**) {
  Arena arena(1024);
  const auto numbers = arena.take_array<std::uint64_t>(10);
  assert_int_equal(numbers.size(), 10);
  assert_int_equal(arena.left_bytes(), 1024 - 80);
  assert_int_equal(numbers[9], 0);
}

// The process ends: seen from its parent.
void test_taking_more_than_is_left_ends_the_process(void**) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr rlimit kNoCore{0, 0};
    ::setrlimit(RLIMIT_CORE, &kNoCore);
    Arena arena(64);
    arena.take(48);
    arena.take(17);
    ::_exit(0);
  }
  int status = 0;
  assert_int_equal(::waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
}

void test_the_memory_goes_with_the_arena(void**) {
  std::uint8_t* page = nullptr;
  unsigned char resident = 0;
  {
    Arena arena(4096);
    page = arena.take(4096).data();
    assert_int_equal(::mincore(page, 4096, &resident), 0);
  }
  assert_int_equal(::mincore(page, 4096, &resident), -1);
  assert_int_equal(errno, ENOMEM);
}

// The flags of the mapping at `address` (proc_pid_smaps(5)).
std::string flags_of(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      const auto wanted = reinterpret_cast<std::uintptr_t>(address);
      here = begin <= wanted && wanted < end;
    }
    if (here && line.starts_with("VmFlags:")) return line;
  }
  return {};
}

void test_the_memory_has_no_huge_pages(void**) {
  void* other = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool known = ::madvise(other, 4096, MADV_NOHUGEPAGE) == 0;
  ::munmap(other, 4096);
  if (!known) skip();
  Arena arena(1 << 20U);
  const std::string flags = flags_of(arena.take(1).data());
  assert_true(flags.find(" nh") != std::string::npos);
}

void test_the_kernel_may_refuse(void**) {
  assert_false(Arena(SIZE_MAX / 2).valid());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_parts_are_zeroed_aligned_and_apart),
      cmocka_unit_test(test_arrays),
      cmocka_unit_test(test_taking_more_than_is_left_ends_the_process),
      cmocka_unit_test(test_the_memory_goes_with_the_arena),
      cmocka_unit_test(test_the_memory_has_no_huge_pages),
      cmocka_unit_test(test_the_kernel_may_refuse),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
