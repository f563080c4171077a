// Tests the guard: after it is armed, each heap function ends the process; before, none does.
#include "invariants/heap_guard.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

#include "support/cmocka_test.h"

namespace {

// Makes the compiler treat the pointer as used, so that no call is removed.
void* volatile result = nullptr;

struct Outcome {
  bool aborted;
  std::string stderr_text;
};

// Runs `action` in a separate process.
Outcome run(const std::function<void()>& action, bool armed) {
  std::array<int, 2> ends{};
  assert_int_equal(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  assert_true(child >= 0);
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGABRT, SIG_DFL);
    ::dup2(ends[1], STDERR_FILENO);
    if (armed) mote::invariants::arm_heap_guard();
    action();
    ::_exit(0);
  }
  ::close(ends[1]);
  Outcome outcome{};
  std::array<char, 200> text{};
  for (ssize_t size = 0; (size = ::read(ends[0], text.data(), text.size())) > 0;)
    outcome.stderr_text.append(text.data(), static_cast<std::size_t>(size));
  ::close(ends[0]);
  int status = 0;
  assert_int_equal(::waitpid(child, &status, 0), child);
  outcome.aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  assert_true(outcome.aborted || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
  return outcome;
}

void expect_abort(const std::function<void()>& action, const std::string& function) {
  const Outcome armed = run(action, true);
  assert_true(armed.aborted);
  assert_string_equal(armed.stderr_text.c_str(), ("heap guard: " + function + " while serving\n").c_str());
  const Outcome unarmed = run(action, false);
  assert_false(unarmed.aborted);
  assert_string_equal(unarmed.stderr_text.c_str(), "");
}

void test_each_heap_function(void**) {
  void* const memory = std::malloc(10);
  expect_abort([] { result = std::malloc(10); }, "malloc");
  expect_abort([] { result = std::calloc(10, 10); }, "calloc");
  expect_abort([memory] { result = std::realloc(memory, 100); }, "realloc");
  expect_abort([memory] { std::free(memory); }, "free");
  expect_abort([] { result = std::aligned_alloc(64, 64); }, "aligned_alloc");
  expect_abort(
      [] {
        void* place = nullptr;
        if (::posix_memalign(&place, 64, 64) == 0) result = place;
      },
      "posix_memalign");
  std::free(memory);
}

void test_operators(void**) {
  int* const number = new int(1);
  expect_abort([] { result = new int(2); }, "malloc");
  expect_abort([number] { delete number; }, "free");
  delete number;
}

void test_calls_inside_the_c_library(void**) {
  expect_abort([] { result = ::strdup("text"); }, "malloc");
  expect_abort([] { result = std::fopen("/dev/null", "r"); }, "malloc");
}

void test_functions_that_need_no_heap(void**) {
  const auto action = [] {
    std::array<char, 100> text{};
    std::snprintf(text.data(), text.size(), "%d", 1);
    ::getppid();
  };
  assert_false(run(action, true).aborted);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_each_heap_function),
      cmocka_unit_test(test_operators),
      cmocka_unit_test(test_calls_inside_the_c_library),
      cmocka_unit_test(test_functions_that_need_no_heap),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
