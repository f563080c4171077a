#include "gateway/memory_report.h"

#include <cstdint>
#include <string>

#include "sizes.h"
#include "support/cmocka_test.h"

namespace {

using mote::engine::limit_row;
using mote::engine::LimitId;
using mote::gateway::Config;
using mote::gateway::cost_in_words;
using mote::gateway::readable_bytes;

// Nothing that costs is left to the defaults, which are tuned.
Config with_budget(std::uint64_t budget) {
  Config config;
  config.memory_budget = budget;
  config.limits.max_connections = 128;
  config.limits.max_streams = 256;
  config.limits.reserved_connections = 0;
  config.limits.reserved_streams = 10;
  config.limits.max_header_bytes = 8192;
  config.limits.buffer_bytes = 1 << 20;
  config.limits.receive_bytes = 32768;
  config.limits.send_bytes = 32768;
  return config;
}

void test_shares(void**) {
  const Config config = with_budget(1);
  const auto words = [&](LimitId id) { return cost_in_words(limit_row(id), config.limits, kSizes); };
  assert_string_equal(words(LimitId::MaxConnections).c_str(), "128 x 1456 B = 182 KiB");
  assert_string_equal(words(LimitId::ReceiveBytes).c_str(), "32 KiB");
  assert_string_equal(words(LimitId::ResetBudget).c_str(), "");
}

void test_report(void**) {
  assert_string_equal(mote::gateway::memory_report(with_budget(32 << 20), kSizes).c_str(),
                      "memory: max-connections 128 x 1456 B = 182 KiB, max-streams 256 x 600 B = 150 KiB, "
                      "reserved-streams 10 x 600 B = 6000 B, "
                      "max-header-bytes 8192 B, "
                      "buffer-bytes 258 x 4096 B = 1 MiB, receive-bytes 32 KiB, send-bytes 32 KiB, fixed 2000 B; worst "
                      "case 1.4 MiB of budget 32 MiB");
}

void test_over_budget(void**) {
  const std::uint64_t worst = 128 * 1456 + 256 * 600 + 10 * 600 + 8192 + 258 * 4096 + 65536 + 2000;
  assert_string_equal(mote::gateway::over_budget(with_budget(1 << 20), kSizes).c_str(),
                      ("the worst case of the limits needs " + std::to_string(worst) +
                       " bytes of memory, memory-budget is 1048576: raise memory-budget or lower limits, the largest "
                       "share is buffer-bytes 258 x 4096 B = 1 MiB")
                          .c_str());
}

void test_largest(void**) {
  Config config = with_budget(1);
  assert_true(mote::gateway::largest_cost(config.limits, kSizes).id == LimitId::BufferBytes);
  config.limits.max_connections = 65536;
  assert_true(mote::gateway::largest_cost(config.limits, kSizes).id == LimitId::MaxConnections);
}

void test_readable_bytes(void**) {
  assert_string_equal(readable_bytes(0).c_str(), "0 B");
  assert_string_equal(readable_bytes(10239).c_str(), "10239 B");
  assert_string_equal(readable_bytes(10240).c_str(), "10 KiB");
  assert_string_equal(readable_bytes(186368).c_str(), "182 KiB");
  assert_string_equal(readable_bytes(1048576).c_str(), "1 MiB");
  assert_string_equal(readable_bytes(1468006).c_str(), "1.4 MiB");
  assert_string_equal(readable_bytes(2097151).c_str(), "2 MiB");
  assert_string_equal(readable_bytes(UINT64_MAX).c_str(), "17592186044416 MiB");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_shares),  cmocka_unit_test(test_report),         cmocka_unit_test(test_over_budget),
      cmocka_unit_test(test_largest), cmocka_unit_test(test_readable_bytes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
