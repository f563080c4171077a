// Descriptor 0 is a descriptor like any other. A program that is started without stdin gets it for what it opens first.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include "support/cmocka_test.h"

namespace mote::test {

// While it lives, stdin is closed, and the next descriptor that is opened is 0.
class DescriptorZero {
 public:
  DescriptorZero() : kept_(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) { ::close(0); }
  ~DescriptorZero() {
    if (kept_ < 0) return;
    ::dup2(kept_, 0);
    ::close(kept_);
  }
  DescriptorZero(const DescriptorZero&) = delete;
  DescriptorZero& operator=(const DescriptorZero&) = delete;

  [[nodiscard]] static bool open() { return ::fcntl(0, F_GETFD) >= 0; }

 private:
  int kept_;
};

}  // namespace mote::test
