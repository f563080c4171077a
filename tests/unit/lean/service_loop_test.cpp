#include "engine/lean/service_loop.h"

#include <array>
#include <chrono>
#include <string>

#include "support/cmocka_test.h"
#include "support/descriptor_zero.h"
#include "support/poll_turn.h"

namespace {

using namespace mote;
using namespace mote::lean;
using namespace std::chrono_literals;
using test::DescriptorZero;
using test::poll_turn;

// A service that waits for work from elsewhere, and for a time.
struct Worker {
  static const char* start(void* object, Loop& loop) {
    auto& worker = *static_cast<Worker*>(object);
    loop.add(worker.timer);
    return loop.add(worker.wakeup) ? nullptr : "no descriptor";
  }
  static const char* refuse(void* /*object*/, Loop& /*loop*/) { return "no sensor"; }
  void on_wakeup() { seen += "awake "; }
  void on_timer() { seen += "tick "; }

  std::string seen;
  Wakeup wakeup = Wakeup::calls<&Worker::on_wakeup>(*this);
  mote::Timer timer = mote::Timer::calls<&Worker::on_timer>(*this);
};

void test_a_service_is_called_in_the_loop(void**) {
  Worker worker;
  const Poller poller;
  const std::array services = {rpc::Service{.name = "w", .methods = {}, .object = &worker, .start = Worker::start}};
  ServiceLoop loop;
  assert_null(loop.start(rpc::ServiceTable(services), poller, 5ms));
  assert_int_equal(poll_turn(poller), 0);
  worker.wakeup.wake();
  assert_int_equal(poll_turn(poller), 1);
  assert_string_equal(worker.seen.c_str(), "awake ");
  worker.timer.wake_at(7ms);
  assert_true(loop.next_due() == 7ms);
  loop.run_timers();
  assert_string_equal(worker.seen.c_str(), "awake ");
  loop.set_now(7ms);
  loop.run_timers();
  assert_string_equal(worker.seen.c_str(), "awake tick ");
}

void test_a_service_that_cannot_start(void**) {
  const Poller poller;
  const std::array services = {rpc::Service{.name = "w", .methods = {}, .start = Worker::refuse}};
  ServiceLoop loop;
  assert_string_equal(loop.start(rpc::ServiceTable(services), poller, 0ms), "no sensor");
}

void test_services_without_descriptors(void**) {
  const Poller poller;
  ServiceLoop loop;
  assert_null(loop.start(rpc::ServiceTable({}), poller, 0ms));
  assert_int_equal(poll_turn(poller), 0);
}

void test_descriptor_zero(void**) {
  const Poller poller;
  const DescriptorZero zero;
  {
    Worker worker;
    const std::array services = {rpc::Service{.name = "w", .methods = {}, .object = &worker, .start = Worker::start}};
    ServiceLoop loop;
    assert_null(loop.start(rpc::ServiceTable(services), poller, 0ms));
    assert_true(DescriptorZero::open());
    worker.wakeup.wake();
    assert_int_equal(poll_turn(poller), 1);
    assert_string_equal(worker.seen.c_str(), "awake ");
  }
  assert_false(DescriptorZero::open());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_service_is_called_in_the_loop),
      cmocka_unit_test(test_a_service_that_cannot_start),
      cmocka_unit_test(test_services_without_descriptors),
      cmocka_unit_test(test_descriptor_zero),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
