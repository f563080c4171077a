#include "engine/lean/signals.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <array>
#include <csignal>
#include <string>

#include "support/cmocka_test.h"
#include "support/descriptor_zero.h"
#include "support/poll_turn.h"

namespace {

using namespace mote;
using namespace mote::lean;
using test::DescriptorZero;
using test::poll_turn;

struct Noting final : SignalHandler {
  void on_stop_signal(int number) override { seen += "stop " + std::to_string(number) + ' '; }
  void on_reload_signal() override { seen += "reload "; }
  void on_report_signal() override { seen += "report "; }

  std::string seen;
};

void test_each_signal_calls_its_function(void**) {
  const Poller poller;
  Noting noting;
  Signals signals(noting);
  assert_true(signals.open(poller));
  for (const int number : {SIGHUP, SIGUSR1, SIGTERM, SIGINT}) {
    ::raise(number);
    poll_turn(poller);
  }
  assert_string_equal(noting.seen.c_str(), "reload report stop 15 stop 2 ");
}

// All of them in one turn.
void test_several_signals_at_once(void**) {
  const Poller poller;
  Noting noting;
  Signals signals(noting);
  assert_true(signals.open(poller));
  ::raise(SIGUSR1);
  ::raise(SIGHUP);
  poll_turn(poller);
  assert_int_equal(noting.seen.size(), std::string("report reload ").size());
}

void test_descriptor_zero(void**) {
  const Poller poller;
  const DescriptorZero zero;
  {
    Noting noting;
    Signals signals(noting);
    assert_true(signals.open(poller));
    assert_true(DescriptorZero::open());
    ::raise(SIGUSR1);
    poll_turn(poller);
    assert_string_equal(noting.seen.c_str(), "report ");
  }
  assert_false(DescriptorZero::open());
}

// The end of one that was not opened closes nothing.
void test_without_a_descriptor(void**) {
  const DescriptorZero zero;
  assert_int_equal(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
  {
    Noting noting;
    const Signals signals(noting);
  }
  assert_true(DescriptorZero::open());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_each_signal_calls_its_function),
      cmocka_unit_test(test_several_signals_at_once),
      cmocka_unit_test(test_descriptor_zero),
      cmocka_unit_test(test_without_a_descriptor),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
