#include "engine/lean/poller.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>

#include "support/cmocka_test.h"
#include "support/descriptor_zero.h"
#include "support/poll_turn.h"

namespace {

using namespace mote;
using namespace mote::lean;
using test::DescriptorZero;
using test::poll_turn;

struct Counter final : Pollable {
  Counter() : descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Counter() { ::close(descriptor); }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  void on_events(std::uint32_t events) override { seen = events; }

  int descriptor;
  std::uint32_t seen = 0;
};

void test_events_reach_their_object(void**) {
  const Poller poller;
  Counter counter;
  assert_true(poller.add(counter.descriptor, EPOLLIN, counter));
  assert_int_equal(poll_turn(poller), 0);
  poller.change(counter.descriptor, EPOLLOUT, counter);
  assert_int_equal(poll_turn(poller), 1);
  assert_int_equal(counter.seen, EPOLLOUT);
  poller.remove(counter.descriptor);
  assert_int_equal(poll_turn(poller), 0);
}

void test_a_descriptor_is_added_once(void**) {
  const Poller poller;
  Counter counter;
  assert_true(poller.add(counter.descriptor, EPOLLIN, counter));
  assert_false(poller.add(counter.descriptor, EPOLLIN, counter));
  assert_false(poller.add(-1, EPOLLIN, counter));
}

void test_a_closed_peer(void**) {
  std::array<int, 2> ends{};
  assert_int_equal(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const Poller poller;
  Counter counter;
  assert_true(poller.add(ends[0], 0, counter));
  ::close(ends[1]);
  assert_int_equal(poll_turn(poller), 1);
  assert_true((counter.seen & EPOLLHUP) != 0);
  ::close(ends[0]);
}

void test_descriptor_zero(void**) {
  const DescriptorZero zero;
  {
    const Poller poller;
    assert_true(DescriptorZero::open());
    assert_true(poller.valid());
  }
  assert_false(DescriptorZero::open());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_events_reach_their_object),
      cmocka_unit_test(test_a_descriptor_is_added_once),
      cmocka_unit_test(test_a_closed_peer),
      cmocka_unit_test(test_descriptor_zero),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
