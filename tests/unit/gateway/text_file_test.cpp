#include "gateway/text_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::gateway::kMostFileBytes;
using mote::gateway::read_text_file;

// A file of `size` bytes, read and removed.
std::optional<std::string> written_and_read(std::size_t size) {
  char path[] = "/tmp/mote-text-XXXXXX";
  const int file = mkstemp(path);
  assert_true(file >= 0);
  const std::string text(size, 'x');
  assert_int_equal(write(file, text.data(), size), size);
  close(file);
  errno = 0;
  std::optional<std::string> read = read_text_file(path);
  const int why = errno;
  unlink(path);
  errno = why;
  return read;
}

void test_whole_files(void**) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{4097}, kMostFileBytes}) {
    assert_true(written_and_read(size) == std::string(size, 'x'));
  }
}

void test_too_large(void**) {
  assert_false(written_and_read(kMostFileBytes + 1).has_value());
  assert_int_equal(errno, EFBIG);
}

// It never ends: reading must.
void test_endless(void**) {
  assert_false(read_text_file("/dev/zero").has_value());
  assert_int_equal(errno, EFBIG);
}

void test_unreadable(void**) {
  assert_false(read_text_file("/nonexistent").has_value());
  assert_int_equal(errno, ENOENT);
  assert_false(read_text_file("/").has_value());
  assert_int_equal(errno, EISDIR);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_whole_files),
      cmocka_unit_test(test_too_large),
      cmocka_unit_test(test_endless),
      cmocka_unit_test(test_unreadable),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
