#include "engine/lean/call_table.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "support/cmocka_test.h"
#include "support/lean_loop.h"
#include "support/seed.h"

namespace {

using namespace mote;
using namespace mote::lean;

constexpr std::uint64_t kSecret = 0x9e3779b97f4a7c15;

// Connections that calls may belong to, and a table of its own with few slots.
struct Table {
  explicit Table(std::size_t slot_count, std::size_t bucket_count)
      : slots(slot_count), buckets(bucket_count), table(slots, buckets, kSecret) {
    for (auto& client : clients)
      client = loop.connect();
  }

  Connection& connection(std::size_t i) { return loop.connection(i); }

  test::LeanLoop loop;
  std::array<std::unique_ptr<test::RawClient>, 3> clients;
  std::vector<CallTable::Slot> slots;
  std::vector<StreamCall*> buckets;
  CallTable table;
};

void test_calls_are_found_by_connection_and_stream(void**) {
  Table t(4, 4);
  StreamCall* one = t.table.open(t.connection(0), 1);
  StreamCall* other = t.table.open(t.connection(1), 1);
  StreamCall* third = t.table.open(t.connection(0), 3);
  assert_int_equal(t.table.open_count(), 3);
  assert_ptr_equal(t.table.find(t.connection(0), 1), one);
  assert_ptr_equal(t.table.find(t.connection(1), 1), other);
  assert_ptr_equal(t.table.find(t.connection(0), 3), third);
  assert_null(t.table.find(t.connection(2), 1));
  assert_null(t.table.find(t.connection(0), 5));
  assert_int_equal(third->id, 3);
  assert_ptr_equal(&other->connection(), &t.connection(1));
  for (StreamCall* call : {one, other, third})
    t.table.close(*call);
  assert_null(t.table.find(t.connection(0), 1));
  assert_int_equal(t.table.open_count(), 0);
  t.loop.finish();
}

// The memory of the engine is not zero at the start.
void test_a_new_table_is_empty(void**) {
  Table t(1, 1);
  StreamCall* call = t.table.open(t.connection(0), 1);
  const CallTable second({}, t.buckets, kSecret);
  assert_null(second.find(t.connection(0), 1));
  t.buckets[0] = call;
  t.table.close(*call);
  t.loop.finish();
}

void test_a_full_table_opens_nothing(void**) {
  Table t(2, 1);  // All in one bucket.
  StreamCall* first = t.table.open(t.connection(0), 1);
  StreamCall* second = t.table.open(t.connection(0), 3);
  assert_null(t.table.open(t.connection(1), 1));
  assert_int_equal(t.table.open_count(), 2);
  t.table.close(*first);
  assert_ptr_equal(t.table.find(t.connection(0), 3), second);
  StreamCall* third = t.table.open(t.connection(1), 1);
  assert_non_null(third);
  StreamCall* no_fourth = t.table.open(t.connection(2), 3);
  assert_null(no_fourth);
  assert_null(t.table.find(t.connection(0), 1));
  assert_null(t.table.find(t.connection(1), 3));
  assert_ptr_equal(t.table.find(t.connection(1), 1), third);
  t.table.close(*second);
  t.table.close(*third);
  t.loop.finish();
}

void test_many_calls_of_many_connections(void**) {
  std::mt19937 random = test::seeded_random();
  Table t(64, 16);
  std::map<std::pair<std::size_t, http2::StreamId>, StreamCall*> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::pair<std::size_t, http2::StreamId> key = {test::pick(random, 2), 2 * test::pick(random, 40) + 1};
    const auto place = model.find(key);
    assert_ptr_equal(t.table.find(t.connection(key.first), key.second), place == model.end() ? nullptr : place->second);
    if (place != model.end()) {
      t.table.close(*place->second);
      model.erase(place);
    } else if (StreamCall* call = t.table.open(t.connection(key.first), key.second)) {
      model[key] = call;
    } else {
      assert_int_equal(model.size(), 64);
    }
    assert_int_equal(t.table.open_count(), model.size());
  }
  for (const auto& [key, call] : model)
    t.table.close(*call);
  assert_true(std::all_of(t.buckets.begin(), t.buckets.end(), [](const StreamCall* call) { return call == nullptr; }));
  t.loop.finish();
}

// How many of the calls share the fullest bucket.
std::size_t fullest(std::uint64_t secret, std::size_t connection, std::span<const http2::StreamId> ids,
                    std::size_t buckets) {
  std::map<std::size_t, std::size_t> calls;
  std::size_t most = 0;
  for (const http2::StreamId id : ids) {
    const std::size_t bucket = CallTable::bucket_index(secret, connection, id, buckets);
    assert_true(bucket < buckets);
    most = std::max(most, ++calls[bucket]);
  }
  return most;
}

// A client that knows the function, but not the secret, chooses the ids. One in 20 secrets may do badly.
void test_no_choice_of_ids_fills_a_bucket(void**) {
  std::mt19937 random = test::seeded_random();
  constexpr std::size_t kBuckets = 256;
  constexpr std::size_t kIds = 100;
  for (const http2::StreamId step : {2U, 512U, 1024U, 65536U, 1U << 24U}) {
    std::vector<http2::StreamId> ids(kIds);
    for (std::size_t i = 0; i < kIds; ++i)
      ids[i] = static_cast<http2::StreamId>(i * step % (1U << 31U)) | 1U;
    std::size_t bad = 0;
    for (int secret = 0; secret < 200; ++secret) {
      const std::uint64_t number = std::uint64_t{random()} << 32U | random();
      if (fullest(number, 3, ids, kBuckets) > kIds / 4) ++bad;
    }
    assert_true(bad < 10);
  }
}

// The same ids of different connections are spread as well.
void test_connections_are_spread(void**) {
  std::mt19937 random = test::seeded_random();
  std::size_t bad = 0;
  for (int secret = 0; secret < 200; ++secret) {
    const std::uint64_t number = std::uint64_t{random()} << 32U | random();
    std::map<std::size_t, std::size_t> calls;
    std::size_t most = 0;
    for (std::size_t connection = 0; connection < 100; ++connection)
      most = std::max(most, ++calls[CallTable::bucket_index(number, connection, 1, 256)]);
    if (most > 25) ++bad;
  }
  assert_true(bad < 10);
}

void test_one_bucket(void**) {
  assert_int_equal(CallTable::bucket_index(kSecret, 7, 9, 1), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_calls_are_found_by_connection_and_stream),
      cmocka_unit_test(test_a_new_table_is_empty),
      cmocka_unit_test(test_a_full_table_opens_nothing),
      cmocka_unit_test(test_many_calls_of_many_connections),
      cmocka_unit_test(test_no_choice_of_ids_fills_a_bucket),
      cmocka_unit_test(test_connections_are_spread),
      cmocka_unit_test(test_one_bucket),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
