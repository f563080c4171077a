// Captures standard error.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>

#include "support/cmocka_test.h"

namespace mote::test {

// Returns what `act` writes to standard error, which is replaced by `stderr_end` and read from `read_end`. Closes both.
template <class Act>
std::string logged_to(int stderr_end, int read_end, Act act) {
  const int before = ::dup(STDERR_FILENO);
  ::dup2(stderr_end, STDERR_FILENO);
  act();
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  std::string text(65536, '\0');
  const ssize_t size = ::read(read_end, text.data(), text.size());
  ::close(stderr_end);
  ::close(read_end);
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

// The same with a pipe.
template <class Act>
std::string logged(Act act) {
  std::array<int, 2> ends{};
  assert_int_equal(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  return logged_to(ends[1], ends[0], act);
}

}  // namespace mote::test
