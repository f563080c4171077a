#include "mote/rpc/queue.h"

#include "mote/testing/fake_call.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using namespace mote::rpc;

struct Wanted {
  std::int32_t size;
  std::int32_t interval_us;
  bool last;
};

const Server kServer{.services = ServiceTable({})};

void test_first_in_first_out(void**) {
  testing::FakeCall call(kServer);
  Queue<Wanted> queue;
  assert_false(queue.pop(call).has_value());
  assert_true(queue.push(call, {1, -1, false}));
  assert_true(queue.push(call, {2, 7, true}));
  std::optional<Wanted> next = queue.pop(call);
  assert_true(next.has_value());
  assert_int_equal(next->size, 1);
  assert_int_equal(next->interval_us, -1);
  assert_false(next->last);
  assert_true(queue.push(call, {3, 0, false}));
  next = queue.pop(call);
  assert_int_equal(next->size, 2);
  assert_int_equal(next->interval_us, 7);
  assert_true(next->last);
  assert_int_equal(queue.pop(call)->size, 3);
  assert_false(queue.pop(call).has_value());
}

void test_a_peer_that_asks_for_too_much(void**) {
  testing::FakeCall call(kServer);
  call.memory = 1;
  Queue<Wanted> queue;
  assert_true(queue.push(call, {}));
  assert_false(call.finished());
  assert_false(queue.push(call, {}));
  assert_true(call.status == StatusCode::ResourceExhausted);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_first_in_first_out),
      cmocka_unit_test(test_a_peer_that_asks_for_too_much),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
