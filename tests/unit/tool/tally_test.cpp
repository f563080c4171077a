#include "mote-device/tally.h"

#include <memory>

#include "support/cmocka_test.h"

namespace {

using mote::tool::Answer;
using mote::tool::CallTimes;
using mote::tool::Failure;
using mote::tool::Tally;

void test_answers_and_failures(void**) {
  const auto tally = std::make_unique<Tally>();
  assert_true(tally->loss_percent() == 0.0);
  for (std::uint64_t i = 0; i < 3; ++i)
    tally->add(Answer{.number = i, .at_us = 100 * i, .took_us = 10 + i, .text = {}, .timing = {}});
  tally->add(Failure{.number = 4, .at_us = 400, .took_us = 5, .status = MOTE_UNAVAILABLE, .detail = {}});
  assert_int_equal(tally->sent(), 4);
  assert_int_equal(tally->answered, 3);
  assert_int_equal(tally->failed_with[MOTE_UNAVAILABLE], 1);
  assert_true(tally->loss_percent() == 25.0);
  assert_int_equal(tally->took.count(), 3);
  assert_int_equal(tally->took.max(), 12);
  assert_int_equal(tally->series.slots()[1].failed, 1);
  assert_int_equal(tally->back.count(), 0);
}

void test_timing(void**) {
  const auto tally = std::make_unique<Tally>();
  const CallTimes times = {.sent = 0, .gateway_received = 30, .gateway_sent = 70, .answered = 90};
  tally->add(Answer{.took_us = 90,
                    .text = {},
                    .timing = {.known = true, .complete = true, .times = times, .ways = {.there = 30, .back = 20}}});
  tally->add(Answer{.took_us = 95,
                    .text = {},
                    .timing = {.known = true, .complete = false, .times = times, .ways = {.there = 0, .back = 25}}});
  assert_int_equal(tally->there.count(), 1);
  assert_int_equal(tally->there.max(), 30);
  assert_int_equal(tally->at_gateway.max(), 40);
  assert_int_equal(tally->back.count(), 2);
  assert_int_equal(tally->back.max(), 25);
}

// The first reply of a stream took a round trip, the others took the pause between them.
void test_first_replies_are_apart(void**) {
  const auto tally = std::make_unique<Tally>();
  tally->add(Answer{.took_us = 300, .first = true, .text = {}, .timing = {}});
  tally->add(Answer{.took_us = 100'000, .text = {}, .timing = {}});
  assert_int_equal(tally->answered, 2);
  assert_int_equal(tally->first.max(), 300);
  assert_int_equal(tally->took.min(), 100'000);
}

void test_messages_lost_in_collect(void**) {
  const auto tally = std::make_unique<Tally>();
  tally->add({.at_us = 1000, .took_us = 7, .sent = 10, .messages = 8, .bytes = 80, .duration_us = 900});
  assert_int_equal(tally->answered, 8);
  assert_int_equal(tally->failed, 2);
  assert_int_equal(tally->failed_with[MOTE_DATA_LOSS], 2);
  // A server that counts more than there were does not make up for losses.
  tally->add({.at_us = 2000, .took_us = 7, .sent = 10, .messages = 99, .bytes = 80, .duration_us = 900});
  assert_int_equal(tally->sent(), 20);
  assert_int_equal(tally->failed, 2);
  tally->add_lost(5, MOTE_INTERNAL);
  assert_int_equal(tally->failed_with[MOTE_INTERNAL], 5);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_answers_and_failures),
      cmocka_unit_test(test_timing),
      cmocka_unit_test(test_first_replies_are_apart),
      cmocka_unit_test(test_messages_lost_in_collect),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
