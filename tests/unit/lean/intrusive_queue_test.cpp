#include "engine/lean/intrusive_queue.h"

#include <array>
#include <vector>

#include "support/cmocka_test.h"

namespace {

using mote::lean::IntrusiveQueue;
using mote::lean::QueueLink;

struct Item {
  QueueLink<Item> link;
  QueueLink<Item> other_link;
};

using Queue = IntrusiveQueue<Item, &Item::link>;
using OtherQueue = IntrusiveQueue<Item, &Item::other_link>;

std::vector<const Item*> in_order(const Queue& queue) {
  std::vector<const Item*> items;
  for (const Item* item = queue.first(); item != nullptr; item = Queue::after(*item))
    items.push_back(item);
  return items;
}

struct Three {
  std::array<Item, 3> items;
  Queue queue;

  Three() {
    for (Item& item : items)
      queue.push(item);
  }
  void expect(const std::vector<std::size_t>& places) {
    std::vector<const Item*> wanted;
    wanted.reserve(places.size());
    for (const std::size_t place : places)
      wanted.push_back(&items.at(place));
    assert_true(in_order(queue) == wanted);
    assert_ptr_equal(queue.last(), wanted.empty() ? nullptr : wanted.back());
    assert_int_equal(queue.empty(), wanted.empty());
  }
};

void test_first_in_first_out(void**) {
  Three three;
  three.expect({0, 1, 2});
  three.queue.remove(three.items[0]);
  three.expect({1, 2});
}

void test_from_the_middle_and_the_end(void**) {
  Three three;
  three.queue.remove(three.items[1]);
  three.expect({0, 2});
  three.queue.remove(three.items[2]);
  three.expect({0});
  three.queue.remove(three.items[0]);
  three.expect({});
}

void test_a_queued_item_keeps_its_place(void**) {
  Three three;
  three.queue.push(three.items[0]);
  three.expect({0, 1, 2});
}

void test_a_removed_item_stays_out(void**) {
  Three three;
  three.queue.remove(three.items[1]);
  three.queue.remove(three.items[1]);
  three.expect({0, 2});
  three.queue.push(three.items[1]);
  three.expect({0, 2, 1});
}

void test_an_item_is_in_two_queues_at_once(void**) {
  Three three;
  OtherQueue other;
  other.push(three.items[2]);
  other.push(three.items[0]);
  three.queue.remove(three.items[2]);
  three.expect({0, 1});
  assert_ptr_equal(other.first(), &three.items[2]);
  assert_ptr_equal(OtherQueue::after(*other.first()), &three.items[0]);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_first_in_first_out),
      cmocka_unit_test(test_from_the_middle_and_the_end),
      cmocka_unit_test(test_a_queued_item_keeps_its_place),
      cmocka_unit_test(test_a_removed_item_stays_out),
      cmocka_unit_test(test_an_item_is_in_two_queues_at_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
