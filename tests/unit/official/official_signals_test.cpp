#include "engine/official/official_signals.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "support/cmocka_test.h"

namespace {

using namespace mote::official;

void test_reload_and_report_are_returned_once(void**) {
  catch_signals();
  assert_false(take_reload_asked());
  assert_false(take_report_asked());
  ::raise(SIGHUP);
  assert_true(take_reload_asked());
  assert_false(take_reload_asked());
  ::raise(SIGUSR1);
  assert_true(take_report_asked());
  assert_false(take_report_asked());
  assert_false(stop_asked());
}

// In a process of its own, as the signals are the process's.
int exit_code_after(int first, int second) {
  const pid_t child = ::fork();
  if (child == 0) {
    catch_signals();
    ::raise(first);
    if (!stop_asked()) ::_exit(1);
    ::raise(second);
    ::_exit(2);
  }
  int status = 0;
  assert_int_equal(::waitpid(child, &status, 0), child);
  return WEXITSTATUS(status);
}

void test_a_second_stop_ends_the_process(void**) {
  assert_int_equal(exit_code_after(SIGTERM, SIGTERM), 128 + SIGTERM);
  assert_int_equal(exit_code_after(SIGTERM, SIGINT), 128 + SIGINT);
  assert_int_equal(exit_code_after(SIGINT, SIGHUP), 2);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_reload_and_report_are_returned_once),
      cmocka_unit_test(test_a_second_stop_ends_the_process),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
