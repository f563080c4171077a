// A file in /tmp with a given text. The destructor deletes it.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "support/cmocka_test.h"

namespace mote::test {

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text) : file_(mkstemp(path_)) {
    assert_true(file_ >= 0);
    rewrite(text);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    close(file_);
    unlink(path_);
  }

  [[nodiscard]] const char* path() const { return path_; }
  void rewrite(std::string_view text) const {
    assert_int_equal(ftruncate(file_, 0), 0);
    assert_int_equal(pwrite(file_, text.data(), text.size(), 0), text.size());
  }

 private:
  char path_[24] = "/tmp/mote-file-XXXXXX";
  int file_;
};

}  // namespace mote::test
