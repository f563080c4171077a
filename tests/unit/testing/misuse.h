// The line with which mote::testing ends a test that uses it in a wrong way.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <string>

#include "support/cmocka_test.h"

namespace mote::test {

// What `act` prints to standard error before it aborts; "no abort" if it returns.
template <class Act>
std::string misuse(const Act& act) {
  std::array<int, 2> ends{};
  assert_int_equal(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL);
    act();
    ::_exit(0);
  }
  ::close(ends[1]);
  int status = 0;
  assert_int_equal(::waitpid(child, &status, 0), child);
  std::array<char, 512> text{};
  const ssize_t size = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) return "no abort";
  return {text.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
}

}  // namespace mote::test
