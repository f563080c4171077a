// Places for handshakes, and the line of those that wait for one.
#include "engine/lean/handshake_places.h"

#include <array>
#include <memory>
#include <vector>

#include "support/cmocka_test.h"
#include "support/lean_loop.h"

namespace {

using namespace mote::lean;
using mote::test::LeanLoop;
using mote::test::RawClient;

// Connections with places; the engine's loop is not run.
struct Waiters {
  explicit Waiters(std::size_t count) : places(count) {}

  HandshakePlace& place_of(AddressRow& address) {
    clients.push_back(loop.connect());
    all.push_back(std::make_unique<HandshakePlace>(places, loop.connection(clients.size() - 1), address));
    return *all.back();
  }
  // `count` places of an address; the number that has been taken at once.
  std::size_t take(AddressRow& address, std::size_t count) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count; ++i)
      taken += place_of(address).take() ? 1U : 0U;
    return taken;
  }
  void end() {
    all.clear();
    clients.clear();
    loop.settle();
    loop.finish();
  }

  HandshakePlaces places;
  LeanLoop loop;
  std::vector<std::unique_ptr<RawClient>> clients;
  std::vector<std::unique_ptr<HandshakePlace>> all;
};

void test_a_quarter_stays_free_for_other_addresses(void**) {
  Waiters waiters(8);
  AddressRow flood;
  AddressRow other;
  AddressRow third;
  assert_int_equal(waiters.take(flood, 20), 6);
  assert_int_equal(flood.handshakes, 6);
  // Both get their quarter of what is free.
  assert_int_equal(waiters.take(other, 3), 2);
  assert_int_equal(waiters.take(third, 1), 0);
  assert_true(waiters.all.back()->waits());
  waiters.end();
  assert_int_equal(flood.handshakes, 0);
  assert_int_equal(other.handshakes, 0);
}

// It is rounded down, but at least one.
void test_a_quarter_of_any_number(void**) {
  struct Case {
    std::size_t total;
    std::size_t of_flood;
  };
  for (const auto& [total, of_flood] : {Case{1, 1}, {2, 1}, {3, 2}, {4, 3}, {5, 4}, {7, 6}, {8, 6}, {12, 9}}) {
    Waiters waiters(total);
    AddressRow flood;
    AddressRow other;
    assert_int_equal(waiters.take(flood, total), of_flood);
    assert_int_equal(waiters.take(other, total), total - of_flood);
    assert_int_equal(waiters.places.used(), total);
    waiters.end();
  }
}

void test_an_address_with_its_quarter_leaves_the_last_one_free(void**) {
  Waiters waiters(12);
  std::array<AddressRow, 3> addresses;
  for (AddressRow& address : addresses)
    assert_int_equal(waiters.take(address, 3), 3);
  assert_int_equal(waiters.take(addresses[0], 1), 0);
  waiters.end();
}

void test_a_released_place_goes_to_the_first_that_may_have_it(void**) {
  Waiters waiters(4);
  AddressRow flood;
  AddressRow other;
  assert_int_equal(waiters.take(flood, 5), 3);
  HandshakePlace& first = waiters.place_of(other);
  HandshakePlace& second = waiters.place_of(other);
  assert_true(first.take());
  assert_false(second.take());
  // The address of the flood is above its quarter: the place that it releases goes to the other one, which has none after that.
  first.release();
  assert_true(second.held());
  waiters.all[0]->release();
  assert_false(waiters.all[3]->held());
  waiters.all[1]->release();
  assert_true(waiters.all[3]->held());
  assert_false(waiters.all[4]->held());
  waiters.end();
}

void test_one_that_ends_while_it_waits_leaves_the_line(void**) {
  Waiters waiters(1);
  AddressRow address;
  assert_int_equal(waiters.take(address, 3), 1);
  waiters.all[1].reset();
  waiters.all[0]->release();
  assert_true(waiters.all[2]->held());
  waiters.all[2]->release();
  // Twice changes nothing.
  waiters.all[2]->release();
  assert_int_equal(address.handshakes, 0);
  assert_true(waiters.all[0]->take());
  assert_true(waiters.all[0]->take());
  assert_int_equal(address.handshakes, 1);
  waiters.end();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_quarter_stays_free_for_other_addresses),
      cmocka_unit_test(test_a_quarter_of_any_number),
      cmocka_unit_test(test_an_address_with_its_quarter_leaves_the_last_one_free),
      cmocka_unit_test(test_a_released_place_goes_to_the_first_that_may_have_it),
      cmocka_unit_test(test_one_that_ends_while_it_waits_leaves_the_line),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
