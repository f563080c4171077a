#include "engine/official/kept_limits.h"

#include <algorithm>
#include <string>

#include "support/cmocka_test.h"
#include "support/logged.h"

namespace {

using namespace mote;
using official::Keeper;
using official::kept;

void test_every_limit_that_is_not_enforced_has_a_reason(void**) {
  for (const engine::LimitRow& row : engine::limit_table()) {
    const official::KeptLimit limit = kept(row.id);
    if (limit.keeper == Keeper::Nobody) assert_true(limit.how.ends_with('.'));
  }
}

void test_limits_of_memory_are_enforced(void**) {
  using engine::LimitId;
  for (const LimitId id : {LimitId::MaxStreams, LimitId::MaxStreamsPerConnection, LimitId::MaxMessageBytes,
                           LimitId::MaxHeaderBytes, LimitId::MaxHeaderTableBytes, LimitId::BufferBytes}) {
    assert_true(kept(id).keeper != Keeper::Nobody);
  }
}

std::string logged(const engine::Limits& limits) {
  return test::logged([&] { official::log_limits_without_effect(limits); });
}

void test_only_limits_that_are_set_and_not_enforced_are_logged(void**) {
  engine::Limits limits;
  engine::resolve(limits);
  assert_string_equal(logged(limits).c_str(), "");
  limits.max_streams = 7;
  limits.max_message_bytes = 4096;
  assert_string_equal(logged(limits).c_str(), "");
  limits.reset_budget = 50;
  const std::string line = logged(limits);
  assert_true(line.find("event=limit-has-no-effect name=reset-budget reason=") != std::string::npos);
  assert_int_equal(std::count(line.begin(), line.end(), '\n'), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_limit_that_is_not_enforced_has_a_reason),
      cmocka_unit_test(test_limits_of_memory_are_enforced),
      cmocka_unit_test(test_only_limits_that_are_set_and_not_enforced_are_logged),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
