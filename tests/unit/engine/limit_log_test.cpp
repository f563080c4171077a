#include "engine/limit_log.h"

#include <string>

#include "engine/log.h"
#include "support/cmocka_test.h"
#include "support/logged.h"

namespace {

using namespace mote::engine;
using mote::test::logged;

void test_the_first_hit_and_every_thousandth_are_logged(void**) {
  assert_true(logs_limit(1));
  assert_false(logs_limit(2));
  assert_false(logs_limit(999));
  assert_true(logs_limit(1000));
  assert_false(logs_limit(1001));
  assert_true(logs_limit(2000));
}

void test_the_line_names_limit_counter_and_peer(void**) {
  const std::string line = logged([] { log_limit(LimitId::MaxStreams, 1000, "127.0.0.1:4711"); });
  assert_string_equal(line.c_str(),
                      "<4>level=warn event=limit-reached name=max-streams streams_refused=1000 peer=127.0.0.1:4711\n");
}

void test_a_limit_that_every_peer_reaches_is_not_a_warning(void**) {
  const std::string line = logged([] { log_limit(LimitId::Keepalive, 1, {}); });
  assert_string_equal(line.c_str(), "<6>level=info event=limit-reached name=keepalive-ms keepalives_sent=1\n");
}

// Even when all limits are hit within a second.
void test_the_first_hit_of_every_limit_is_logged(void**) {
  const std::string lines = logged([] {
    for (const LimitRow& row : limit_table())
      log_limit(row.id, 1, {});
  });
  for (const LimitRow& row : limit_table())
    assert_true(lines.find("name=" + std::string(row.name) + " ") != std::string::npos);
}

void test_the_report_has_what_was_hit(void**) {
  Counters counters;
  assert_int_equal(counters.add(LimitId::MaxStreams), 1);
  assert_int_equal(counters.add(LimitId::MaxStreams), 2);
  counters.add(LimitId::WriteStall);
  const std::string lines = logged([&] { report_limits(counters); });
  assert_string_equal(lines.c_str(),
                      "<6>level=info event=limit name=max-streams streams_refused=2\n"
                      "<6>level=info event=limit name=write-stall-ms write_stalls=1\n");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_first_hit_and_every_thousandth_are_logged),
      cmocka_unit_test(test_the_line_names_limit_counter_and_peer),
      cmocka_unit_test(test_a_limit_that_every_peer_reaches_is_not_a_warning),
      cmocka_unit_test(test_the_first_hit_of_every_limit_is_logged),
      cmocka_unit_test(test_the_report_has_what_was_hit),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
