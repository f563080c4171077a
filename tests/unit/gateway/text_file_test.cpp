#include "gateway/text_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "support/cmocka_test.h"
#include "support/temporary_file.h"

namespace {

using mote::gateway::FileKind;
using mote::gateway::kMostFileBytes;
using mote::gateway::read_text_file;
using mote::gateway::TextFile;
using mote::test::TemporaryFile;

// A file of `size` bytes, read and removed.
TextFile written_and_read(std::size_t size) {
  char path[] = "/tmp/mote-text-XXXXXX";
  const int file = mkstemp(path);
  assert_true(file >= 0);
  const std::string text(size, 'x');
  assert_int_equal(write(file, text.data(), size), size);
  close(file);
  TextFile read = read_text_file(path);
  unlink(path);
  return read;
}

void test_whole_files(void**) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{4097}, kMostFileBytes}) {
    assert_true(written_and_read(size).text == std::string(size, 'x'));
  }
}

void test_too_large(void**) {
  const TextFile file = written_and_read(kMostFileBytes + 1);
  assert_false(file.text.has_value());
  assert_string_equal(file.error.c_str(), "it is larger than 1 MiB");
}

// Endless files and pipes are not read at all.
void test_not_regular(void**) {
  char folder[] = "/tmp/mote-text-XXXXXX";
  assert_non_null(mkdtemp(folder));
  const std::string fifo = std::string(folder) + "/fifo";
  assert_int_equal(mkfifo(fifo.c_str(), 0600), 0);
  for (const std::string& path : {std::string("/dev/zero"), std::string("/"), fifo}) {
    const TextFile file = read_text_file(path);
    assert_false(file.text.has_value());
    assert_string_equal(file.error.c_str(), "it is not a regular file");
  }
  unlink(fifo.c_str());
  rmdir(folder);
}

void test_unreadable(void**) {
  const TextFile file = read_text_file("/nonexistent");
  assert_false(file.text.has_value());
  assert_string_equal(file.error.c_str(), "No such file or directory");
}

void test_a_secret_that_others_may_read(void**) {
  const TemporaryFile file("secret");
  for (const mode_t mode : {0600U, 0640U, 0400U, 0440U}) {
    assert_int_equal(chmod(file.path(), mode), 0);
    assert_true(read_text_file(file.path(), FileKind::Secret).text == "secret");
  }
  for (const mode_t mode : {0644U, 0660U, 0601U, 0602U}) {
    assert_int_equal(chmod(file.path(), mode), 0);
    const TextFile refused = read_text_file(file.path(), FileKind::Secret);
    assert_false(refused.text.has_value());
    assert_string_equal(refused.error.c_str(), "others may read or change this secret: chmod 640, or 600");
    assert_true(read_text_file(file.path()).text == "secret");
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_whole_files),
      cmocka_unit_test(test_too_large),
      cmocka_unit_test(test_not_regular),
      cmocka_unit_test(test_unreadable),
      cmocka_unit_test(test_a_secret_that_others_may_read),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
