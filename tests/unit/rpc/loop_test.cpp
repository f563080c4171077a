// Descriptors, timers and work from other threads in the loop of a server.
#include "mote/rpc/loop.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/cmocka_test.h"
#include "support/descriptor_zero.h"

namespace {

using namespace mote;
using namespace std::chrono_literals;

// What an engine does with its loop, until nothing is ready.
void turn(Loop& loop) {
  for (pollfd watched{loop.descriptor(), POLLIN, 0}; ::poll(&watched, 1, 0) > 0;)
    loop.dispatch();
}

struct Pipe {
  Pipe() { assert_int_equal(::pipe(ends.data()), 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void write(char character) const { assert_int_equal(::write(ends[1], &character, 1), 1); }

  std::array<int, 2> ends{};
};

struct Service {
  void on_pipe(std::uint32_t events) {
    assert_int_equal(events, EPOLLIN);
    char character = 0;
    assert_int_equal(::read(pipe.ends[0], &character, 1), 1);
    seen += character;
  }
  void on_timer() { seen += "tick "; }
  void on_wakeup() { seen += "awake "; }
  void on_item(const int& item) { items.push_back(item); }

  Pipe pipe;
  std::string seen;
  std::vector<int> items;
  Descriptor descriptor = Descriptor::calls<&Service::on_pipe>(*this);
  Timer timer = Timer::calls<&Service::on_timer>(*this);
  Wakeup wakeup = Wakeup::calls<&Service::on_wakeup>(*this);
  Handover<int, 4> handover = Handover<int, 4>::calls<&Service::on_item>(*this);
};

void test_a_loop_without_descriptors_has_none(void**) {
  const Loop loop;
  assert_int_equal(loop.descriptor(), -1);
  assert_true(loop.next_due() == rpc::Time::max());
}

void test_a_descriptor_that_is_ready(void**) {
  Service service;
  Loop loop;
  assert_true(loop.add(service.descriptor, service.pipe.ends[0], EPOLLIN));
  assert_int_equal(service.descriptor.number(), service.pipe.ends[0]);
  turn(loop);
  assert_string_equal(service.seen.c_str(), "");
  service.pipe.write('a');
  service.pipe.write('b');
  turn(loop);
  assert_string_equal(service.seen.c_str(), "ab");
  assert_true(service.descriptor.change(0));
  service.pipe.write('c');
  turn(loop);
  assert_string_equal(service.seen.c_str(), "ab");
  assert_true(service.descriptor.change(EPOLLIN));
  turn(loop);
  assert_string_equal(service.seen.c_str(), "abc");
}

void test_a_descriptor_that_the_kernel_refuses(void**) {
  Service service;
  Loop loop;
  assert_false(loop.add(service.descriptor, -1, EPOLLIN));
  assert_int_equal(service.descriptor.number(), -1);
}

void test_a_loop_closes_its_descriptor(void**) {
  Service service;
  int number = -1;
  {
    Loop loop;
    assert_true(loop.add(service.descriptor, service.pipe.ends[0], EPOLLIN));
    number = loop.descriptor();
    assert_int_not_equal(::fcntl(number, F_GETFD), -1);
  }
  assert_int_equal(::fcntl(number, F_GETFD), -1);
}

// A program without standard input may get its number.
void test_descriptor_zero(void**) {
  auto service = std::make_unique<Service>();
  auto loop = std::make_unique<Loop>();
  const test::DescriptorZero zero;
  assert_true(loop->add(service->descriptor, service->pipe.ends[0], EPOLLIN));
  assert_int_equal(loop->descriptor(), 0);
  service->pipe.write('x');
  turn(*loop);
  assert_string_equal(service->seen.c_str(), "x");
  assert_true(loop->add(service->wakeup));  // Without a second poller.
  assert_int_equal(loop->descriptor(), 0);
  loop.reset();
  assert_false(test::DescriptorZero::open());
}

void test_descriptor_zero_of_a_wakeup(void**) {
  auto service = std::make_unique<Service>();
  Loop loop;
  assert_true(loop.add(service->descriptor, service->pipe.ends[0], EPOLLIN));
  const test::DescriptorZero zero;
  assert_true(loop.add(service->wakeup));
  assert_true((::fcntl(0, F_GETFL) & O_NONBLOCK) != 0);
  assert_true((::fcntl(0, F_GETFD) & FD_CLOEXEC) != 0);
  assert_false(loop.add(service->wakeup));  // It is there already.
  service->wakeup.wake();
  turn(loop);
  assert_string_equal(service->seen.c_str(), "awake ");
  service.reset();
  assert_false(test::DescriptorZero::open());
}

void test_a_timer(void**) {
  Service service;
  Loop loop;
  loop.add(service.timer);
  assert_true(loop.next_due() == rpc::Time::max());
  service.timer.wake_at(5ms);
  service.timer.wake_at(3ms);
  assert_true(loop.next_due() == 3ms);
  loop.set_now(2ms);
  loop.run_timers();
  assert_string_equal(service.seen.c_str(), "");
  loop.set_now(3ms);
  loop.run_timers();
  loop.run_timers();
  assert_string_equal(service.seen.c_str(), "tick ");
  service.timer.wake_at(4ms);
  service.timer.stop();
  loop.set_now(9ms);
  loop.run_timers();
  assert_string_equal(service.seen.c_str(), "tick ");
}

void test_several_timers(void**) {
  Service first;
  Service second;
  Loop loop;
  loop.add(first.timer);
  loop.add(second.timer);
  second.timer.wake_at(5ms);
  first.timer.wake_at(3ms);
  assert_true(loop.next_due() == 3ms);
  loop.set_now(3ms);
  loop.run_timers();
  assert_string_equal(first.seen.c_str(), "tick ");
  assert_string_equal(second.seen.c_str(), "");
  loop.set_now(5ms);
  loop.run_timers();
  assert_string_equal(first.seen.c_str(), "tick ");
  assert_string_equal(second.seen.c_str(), "tick ");
}

void test_descriptors_run_out(void**) {
  Service service;
  Loop loop;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit none{.rlim_cur = 0, .rlim_max = limit.rlim_max};
  assert_int_equal(::setrlimit(RLIMIT_NOFILE, &none), 0);
  assert_false(loop.add(service.descriptor, service.pipe.ends[0], EPOLLIN));
  assert_false(loop.add(service.wakeup));
  assert_int_equal(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  assert_true(loop.add(service.descriptor, service.pipe.ends[0], EPOLLIN));
  assert_true(loop.add(service.wakeup));
}

void test_a_wakeup(void**) {
  Service service;
  service.wakeup.wake();  // Without a loop it has no effect.
  Loop loop;
  assert_true(loop.add(service.wakeup));
  turn(loop);
  assert_string_equal(service.seen.c_str(), "");
  service.wakeup.wake();
  service.wakeup.wake();
  turn(loop);
  assert_string_equal(service.seen.c_str(), "awake ");
}

void test_a_handover_has_room_for_some(void**) {
  Service service;
  Loop loop;
  assert_true(loop.add(service.handover.wakeup()));
  for (int item = 0; item < 4; ++item)
    assert_true(service.handover.push(item));
  assert_false(service.handover.push(4));
  turn(loop);
  assert_true(service.handover.push(5));
  turn(loop);
  assert_true((service.items == std::vector<int>{0, 1, 2, 3, 5}));
}

void test_a_handover_from_threads(void**) {
  constexpr int kEach = 2000;
  Service service;
  Loop loop;
  assert_true(loop.add(service.handover.wakeup()));
  const auto push_all = [&service](int first) {
    for (int item = first; item < first + kEach;) {
      if (service.handover.push(item)) {
        ++item;
      } else {
        std::this_thread::yield();
      }
    }
  };
  std::thread one(push_all, 0);
  std::thread two(push_all, kEach);
  while (service.items.size() < 2 * kEach) {
    turn(loop);
    std::this_thread::yield();
  }
  one.join();
  two.join();
  // Each thread's items in their order.
  int next_of_one = 0;
  int next_of_two = kEach;
  for (const int item : service.items)
    assert_int_equal(item, item < kEach ? next_of_one++ : next_of_two++);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_loop_without_descriptors_has_none),
      cmocka_unit_test(test_a_descriptor_that_is_ready),
      cmocka_unit_test(test_a_descriptor_that_the_kernel_refuses),
      cmocka_unit_test(test_a_loop_closes_its_descriptor),
      cmocka_unit_test(test_descriptor_zero),
      cmocka_unit_test(test_descriptor_zero_of_a_wakeup),
      cmocka_unit_test(test_a_timer),
      cmocka_unit_test(test_several_timers),
      cmocka_unit_test(test_descriptors_run_out),
      cmocka_unit_test(test_a_wakeup),
      cmocka_unit_test(test_a_handover_has_room_for_some),
      cmocka_unit_test(test_a_handover_from_threads),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
