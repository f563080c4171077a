#include "engine/reload.h"

#include <chrono>
#include <string>

#include "engine/log.h"
#include "support/cmocka_test.h"
#include "support/logged.h"

namespace {

using namespace mote::engine;
using mote::test::logged;

Limits resolved() {
  Limits limits;
  resolve(limits);
  return limits;
}

void test_nothing_changes(void**) {
  Limits limits = resolved();
  const std::string lines = logged([&] {
    take_reloadable(limits, resolved());
    LogLine(LogLevel::Info, "end");
  });
  assert_string_equal(lines.c_str(), "<6>level=info event=end\n");
  assert_true(limits == resolved());
}

void test_times_and_budgets_follow(void**) {
  Limits limits = resolved();
  Limits wanted = resolved();
  wanted.reset_budget = 11;
  wanted.idle_timeout = std::chrono::milliseconds(0);
  const std::string lines = logged([&] { take_reloadable(limits, wanted); });
  assert_string_equal(lines.c_str(),
                      "<6>level=info event=limit-changed name=reset-budget value=11\n"
                      "<6>level=info event=limit-changed name=idle-timeout-ms value=0\n");
  assert_true(limits == wanted);
}

void test_memory_waits_for_a_restart(void**) {
  Limits limits = resolved();
  Limits wanted = resolved();
  wanted.max_connections = 7;
  const std::string lines = logged([&] { take_reloadable(limits, wanted); });
  assert_string_equal(lines.c_str(), "<4>level=warn event=limit-needs-restart name=max-connections value=7\n");
  assert_true(limits == resolved());
}

// What costs memory was allocated by the old value.
void test_no_reloadable_limit_has_a_cost(void**) {
  for (const LimitRow& row : limit_table()) {
    if (row.reloadable) assert_null(row.cost);
    // Listening sockets have it, and pass it on.
    if (row.id == LimitId::TcpKeepalive) continue;
    if (row.unit == Unit::Milliseconds || row.unit == Unit::Seconds) assert_true(row.reloadable);
  }
  for (const LimitRule& rule : limit_rules())
    assert_false(limit_row(rule.limit).reloadable || limit_row(rule.because).reloadable);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_changes),
      cmocka_unit_test(test_times_and_budgets_follow),
      cmocka_unit_test(test_memory_waits_for_a_restart),
      cmocka_unit_test(test_no_reloadable_limit_has_a_cost),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
