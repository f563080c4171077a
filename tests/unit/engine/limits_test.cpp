#include "engine/limits.h"

#include <cstdint>
#include <set>
#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::engine::Counters;
using mote::engine::EngineSizes;
using mote::engine::kLimitCount;
using mote::engine::limit_row;
using mote::engine::limit_rules;
using mote::engine::limit_table;
using mote::engine::LimitId;
using mote::engine::LimitRow;
using mote::engine::LimitRule;
using mote::engine::Limits;
using mote::engine::worst_case_bytes;
using mote::engine::Zero;

constexpr std::uint32_t kKiB = 1024;
constexpr std::uint32_t kMiB = 1024 * kKiB;

Limits resolved(Limits limits) {
  mote::engine::resolve(limits);
  return limits;
}

bool all_rules_hold(const Limits& limits) {
  for (const LimitRule& rule : limit_rules()) {
    if (!rule.holds(limits)) return false;
  }
  return true;
}

const LimitRule& rule_of(LimitId limit, LimitId because) {
  for (const LimitRule& rule : limit_rules()) {
    if (rule.limit == limit && rule.because == because) return rule;
  }
  fail_msg("no such rule");
  return limit_rules()[0];
}

bool made_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

void test_every_row_is_complete(void**) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kLimitCount; ++i) {
    const LimitRow& row = limit_table()[i];
    assert_int_equal(static_cast<std::size_t>(row.id), i);
    assert_ptr_equal(&limit_row(row.id), &row);
    assert_true(made_of(row.name, "abcdefghijklmnopqrstuvwxyz-"));
    assert_true(made_of(row.counter, "abcdefghijklmnopqrstuvwxyz_"));
    assert_true(names.insert(row.name).second);
    assert_true(row.bounds.view().ends_with('.'));
    assert_true(row.answer.view().ends_with('.'));
    assert_false(row.cost_text.view().empty());
    assert_int_equal(row.cost == nullptr, row.cost_text.view().starts_with("none"));
    assert_true(row.min < row.max);
    assert_true(row.accepts(row.default_value()));
  }
}

// A counter identifies the limit that was hit. Only a refill shares one, with its budget, and the size of what another one counts.
void test_counters_have_one_owner(void**) {
  std::set<std::string_view> counters;
  for (const LimitRow& row : limit_table()) {
    const bool shares =
        row.id == LimitId::ResetRefill || row.id == LimitId::IdleFrameRefill || row.id == LimitId::UploadWindowBytes;
    assert_int_equal(counters.insert(row.counter).second, !shares);
  }
}

void test_ranges_end_at_their_bounds(void**) {
  for (const LimitRow& row : limit_table()) {
    assert_true(row.accepts(row.min));
    assert_true(row.accepts(row.max));
    assert_false(row.accepts(std::uint64_t{row.max} + 1));
    if (row.min > 1) assert_false(row.accepts(row.min - 1));
    assert_int_equal(row.accepts(0), row.min == 0 || row.zero != Zero::Plain);
  }
}

// A row that reads or writes another row's field would show as a second row that changed.
void test_every_row_has_its_own_field(void**) {
  for (const LimitRow& row : limit_table()) {
    Limits limits;
    for (const LimitRow& other : limit_table())
      other.set(limits, other.min);
    row.set(limits, row.max);
    for (const LimitRow& other : limit_table()) {
      assert_int_equal(other.get(limits), &other == &row ? row.max : other.min);
    }
  }
}

void test_automatic_sizes(void**) {
  assert_int_equal(resolved({}).buffer_bytes, kMiB);
  assert_int_equal(resolved({}).connection_buffer_bytes, (512 + 200) * kKiB);
  assert_int_equal(resolved({.max_message_bytes = 4 * kMiB}).buffer_bytes, 16 * kMiB);
  assert_int_equal(resolved({.max_message_bytes = 4 * kMiB}).connection_buffer_bytes, 16 * kMiB);
  assert_int_equal(resolved({.buffer_bytes = 200 * kKiB}).connection_buffer_bytes, 200 * kKiB);
  assert_int_equal(resolved({.buffer_bytes = 2 * kMiB}).buffer_bytes, 2 * kMiB);
  assert_int_equal(resolved({.connection_buffer_bytes = 128 * kKiB}).connection_buffer_bytes, 128 * kKiB);
  assert_true(resolved(resolved({})) == resolved({}));
}

void test_automatic_sizes_keep_the_rules(void**) {
  const LimitRow& messages = limit_row(LimitId::MaxMessageBytes);
  for (std::uint32_t bytes = messages.min; bytes <= messages.max; bytes += 1023) {
    assert_true(all_rules_hold(resolved({.max_message_bytes = bytes})));
  }
}

void test_rules_are_exact_at_their_bound(void**) {
  for (const LimitRule& rule : limit_rules()) {
    Limits limits = resolved({});
    const std::uint64_t bound = rule.bound(limits);
    const bool at_least = rule.kind == LimitRule::Kind::AtLeast;
    limit_row(rule.limit).set(limits, static_cast<std::uint32_t>(bound));
    assert_true(rule.holds(limits));
    limit_row(rule.limit).set(limits, static_cast<std::uint32_t>(at_least ? bound - 1 : bound + 1));
    assert_false(rule.holds(limits));
    assert_false(rule.bound_text.empty());
  }
}

void test_bounds_of_the_rules(void**) {
  const Limits limits = resolved({.max_message_bytes = kMiB, .buffer_bytes = 8 * kMiB});
  const auto bound = [&](LimitId limit, LimitId because) { return rule_of(limit, because).bound(limits); };
  assert_int_equal(bound(LimitId::BufferBytes, LimitId::MaxMessageBytes), 4 * kMiB);
  assert_int_equal(bound(LimitId::ConnectionBufferBytes, LimitId::MaxMessageBytes), 4 * kMiB);
  assert_int_equal(bound(LimitId::ConnectionBufferBytes, LimitId::BufferBytes), 8 * kMiB);
}

constexpr EngineSizes kSizes{.connection = 500,
                             .call = 300,
                             .block = 4096,
                             .block_overhead = 8,
                             .socket = 40,
                             .large_socket = 8,
                             .socket_factor = 2,
                             .fixed = 1000};

std::uint64_t cost_of(LimitId id, const Limits& limits) {
  return limit_row(id).cost_of(limits, kSizes).bytes();
}

void test_costs(void**) {
  const Limits limits = resolved({.max_connections = 10,
                                  .max_streams = 20,
                                  .reserved_connections = 2,
                                  .reserved_streams = 3,
                                  .max_header_bytes = 5000,
                                  .max_header_fields = 30,
                                  .max_header_table_bytes = 50,
                                  .buffer_bytes = 65537,
                                  .receive_bytes = 20480,
                                  .send_bytes = 20481,
                                  .socket_receive_bytes = 16384,
                                  .socket_send_bytes = 8192,
                                  .large_sockets = 3});
  assert_int_equal(cost_of(LimitId::MaxConnections, limits), 10 * 500);
  assert_int_equal(cost_of(LimitId::MaxStreams, limits), 20 * 300);
  assert_int_equal(cost_of(LimitId::ReservedConnections, limits), 2 * 500);
  assert_int_equal(cost_of(LimitId::ReservedStreams, limits), 3 * 300);
  assert_int_equal(cost_of(LimitId::SocketReceiveBytes, limits), 20 * (2 * 16384 + 40));
  assert_int_equal(cost_of(LimitId::SocketSendBytes, limits), 20 * 2 * 8192);
  assert_int_equal(cost_of(LimitId::LargeSockets, limits), 3 * (2 * (2 * 65536 - 16384 - 8192) + 8));
  assert_int_equal(cost_of(LimitId::MaxHeaderBytes, limits), 5000);
  assert_int_equal(cost_of(LimitId::MaxHeaderFields, limits), 0);
  assert_int_equal(cost_of(LimitId::MaxHeaderTableBytes, limits), 0);
  assert_int_equal(cost_of(LimitId::BufferBytes, limits), 17 * (4096 + 8));
  assert_int_equal(cost_of(LimitId::ReceiveBytes, limits), 20480);
  assert_int_equal(cost_of(LimitId::SendBytes, limits), 20481);
  assert_int_equal(cost_of(LimitId::MaxMessageBytes, limits), 0);
  const std::uint64_t sum =
      5000 + 6000 + 1000 + 900 + 5000 + 17 * 4104 + 20480 + 20481 + 1000 + 20 * 32808 + 20 * 16384 + 3 * 213000;
  assert_int_equal(worst_case_bytes(limits, kSizes), sum);
}

// Large sockets have the first 64 KiB of each buffer. Small messages need no more than that.
void test_upload_windows_cost_their_sockets(void**) {
  Limits limits{.max_message_bytes = kMiB, .upload_windows = 3};
  assert_int_equal(cost_of(LimitId::UploadWindows, limits), 3 * 2 * 2 * (212'992 - 65'536));
  limits.upload_window_bytes = 2 * kMiB;
  assert_int_equal(cost_of(LimitId::UploadWindows, limits), 3 * 2 * 2 * (8 * 212'992 - 65'536));
  limits.max_message_bytes = 64 * 1024;
  assert_int_equal(cost_of(LimitId::UploadWindows, limits), 0);
}

void test_worst_case_does_not_wrap(void**) {
  Limits limits;
  for (const LimitRow& row : limit_table())
    row.set(limits, row.max);
  assert_true(worst_case_bytes(limits, kSizes) > std::uint64_t{1024} * kMiB);
  assert_true(worst_case_bytes(limits, kSizes) < std::uint64_t{16} * 1024 * 1024 * kMiB);
}

void test_each_counter_is_separate(void**) {
  Counters counters;
  for (const LimitRow& row : limit_table()) {
    assert_int_equal(counters.of(row.id), 0);
    counters.add(row.id);
    counters.add(row.id);
    assert_int_equal(counters.of(row.id), 2);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_row_is_complete),
      cmocka_unit_test(test_counters_have_one_owner),
      cmocka_unit_test(test_ranges_end_at_their_bounds),
      cmocka_unit_test(test_every_row_has_its_own_field),
      cmocka_unit_test(test_automatic_sizes),
      cmocka_unit_test(test_automatic_sizes_keep_the_rules),
      cmocka_unit_test(test_rules_are_exact_at_their_bound),
      cmocka_unit_test(test_bounds_of_the_rules),
      cmocka_unit_test(test_costs),
      cmocka_unit_test(test_upload_windows_cost_their_sockets),
      cmocka_unit_test(test_worst_case_does_not_wrap),
      cmocka_unit_test(test_each_counter_is_separate),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
