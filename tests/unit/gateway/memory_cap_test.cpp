#include "gateway/memory_cap.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sizes.h"
#include "support/cmocka_test.h"

namespace {

using mote::gateway::Config;
using mote::gateway::find_memory_cap;
using mote::gateway::MemoryCap;
using mote::gateway::over_cap;

// A folder of control groups.
class Groups {
 public:
  Groups() {
    char name[] = "/tmp/mote-groups-XXXXXX";
    root_ = ::mkdtemp(name);
  }
  ~Groups() { std::filesystem::remove_all(root_); }
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;

  void set(const std::string& group, const char* text, const char* file = "memory.max") const {
    const std::filesystem::path folder = root_ + "/" + group;
    std::filesystem::create_directories(folder);
    std::ofstream(folder / file) << text;
  }
  [[nodiscard]] MemoryCap find(const char* groups) const { return find_memory_cap(groups, root_); }
  [[nodiscard]] std::string file(const char* name) const { return root_ + name; }

 private:
  std::string root_;
};

void test_the_cap_of_the_own_group(void**) {
  const Groups groups;
  groups.set("system.slice/mote.service", "41943040\n");
  groups.set("system.slice", "max\n");
  const MemoryCap cap = groups.find("0::/system.slice/mote.service\n");
  assert_int_equal(cap.bytes, 41943040);
  assert_string_equal(cap.file.c_str(), groups.file("/system.slice/mote.service/memory.max").c_str());
}

void test_the_smallest_cap_of_all_levels(void**) {
  const Groups groups;
  groups.set("a/b/c", "3000");
  groups.set("a/b", "1000");
  groups.set("a", "2000");
  assert_int_equal(groups.find("0::/a/b/c\n").bytes, 1000);
  groups.set("", "500");
  assert_int_equal(groups.find("0::/a/b/c\n").bytes, 500);
}

// A container has its own root, with a path of the host or with "/".
void test_a_container(void**) {
  const Groups groups;
  groups.set("", "7000\n");
  assert_int_equal(groups.find("0::/\n").bytes, 7000);
  assert_int_equal(groups.find("0::/not/here\n").bytes, 7000);
}

void test_version_1(void**) {
  const Groups groups;
  groups.set("memory/docker/1", "9000\n", "memory.limit_in_bytes");
  const MemoryCap cap = groups.find("12:cpu,cpuacct:/x\n5:memory:/docker/1\n1:name=systemd:/docker/1\n");
  assert_int_equal(cap.bytes, 9000);
}

void test_no_cap(void**) {
  const Groups groups;
  groups.set("a", "max\n");
  for (const char* text : {"", "0::/a\n", "0::", "nonsense\n", ":\n", "0:", "0::/a/../..//\n"})
    assert_true(groups.find(text).bytes == MemoryCap{}.bytes);
}

void test_the_warning(void**) {
  Config config;
  const std::uint64_t worst = mote::engine::worst_case_bytes(config.limits, kSizes);
  constexpr std::uint64_t kMiB = std::uint64_t{1024} * 1024;
  assert_string_equal(over_cap(config, kSizes, {.bytes = worst + kMiB, .file = "/x"}).c_str(), "");
  const std::string text = over_cap(config, kSizes, {.bytes = worst + kMiB - 1, .file = "/x/memory.max"});
  for (const char* part : {"warning: ", "/x/memory.max", "MemoryMax=", "largest share is"})
    assert_non_null(std::strstr(text.c_str(), part));
}

// Whatever caps the tests, the files can be read.
void test_this_process(void**) {
  const MemoryCap cap = find_memory_cap();
  assert_true(cap.bytes > 0);
  assert_true(cap.file.empty() == (cap.bytes == MemoryCap{}.bytes));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_cap_of_the_own_group),
      cmocka_unit_test(test_the_smallest_cap_of_all_levels),
      cmocka_unit_test(test_a_container),
      cmocka_unit_test(test_version_1),
      cmocka_unit_test(test_no_cap),
      cmocka_unit_test(test_the_warning),
      cmocka_unit_test(test_this_process),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
