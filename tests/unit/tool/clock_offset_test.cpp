#include "mote-device/clock_offset.h"

#include "support/cmocka_test.h"

namespace {

using mote::tool::CallTimes;
using mote::tool::ClockOffset;

// A call sent at `sent` by our clock over a link that takes so long each way, to a gateway whose clock is ahead.
CallTimes call(std::int64_t sent, std::int64_t there, std::int64_t gateway, std::int64_t back, std::int64_t ahead) {
  return {.sent = sent,
          .gateway_received = sent + there + ahead,
          .gateway_sent = sent + there + gateway + ahead,
          .answered = sent + there + gateway + back};
}

void test_equal_delays_are_exact(void**) {
  for (const std::int64_t ahead : {std::int64_t{0}, std::int64_t{5'000'000'000}, std::int64_t{-5'000'000'000}}) {
    ClockOffset offset;
    assert_false(offset.known());
    const CallTimes times = call(1'000'000, 250, 40, 250, ahead);
    offset.add(times);
    assert_true(offset.known());
    assert_int_equal(offset.offset(), ahead);
    assert_int_equal(offset.uncertainty(), 250);
    assert_int_equal(times.gateway(), 40);
    assert_int_equal(times.link(), 500);
    assert_int_equal(offset.split(times).there, 250);
    assert_int_equal(offset.split(times).back, 250);
  }
}

// The fastest call separates the queueing delays of the two directions.
void test_the_fastest_call_is_used(void**) {
  ClockOffset offset;
  offset.add(call(0, 900, 10, 100, 77));
  offset.add(call(1000, 100, 10, 100, 77));
  const CallTimes slow = call(2000, 100, 10, 700, 77);
  offset.add(slow);
  assert_int_equal(offset.offset(), 77);
  assert_int_equal(offset.uncertainty(), 100);
  assert_int_equal(offset.split(slow).there, 100);
  assert_int_equal(offset.split(slow).back, 700);
}

void test_the_true_offset_is_within_the_uncertainty(void**) {
  ClockOffset offset;
  offset.add(call(0, 400, 10, 0, 1000));
  assert_true(offset.offset() - offset.uncertainty() <= 1000 && offset.offset() + offset.uncertainty() >= 1000);
}

// Clocks drift: after kWindow more calls an old offset is forgotten.
void test_old_calls_are_discarded(void**) {
  ClockOffset offset;
  offset.add(call(0, 10, 0, 10, 500));
  for (std::size_t i = 1; i < ClockOffset::kWindow; ++i)
    offset.add(call(1000, 50, 0, 50, 900));
  assert_int_equal(offset.offset(), 500);
  offset.add(call(1000, 50, 0, 50, 900));
  assert_int_equal(offset.offset(), 900);
}

void test_delays_are_not_negative(void**) {
  ClockOffset offset;
  offset.add(call(0, 100, 0, 0, 0));
  const CallTimes other_way = call(10, 0, 0, 120, 0);
  assert_int_equal(offset.split(other_way).there, 0);
  assert_int_equal(offset.split(other_way).back, 120);
  assert_int_equal(offset.back(call(20, 0, 0, 10, 0)), 60);
  assert_int_equal(offset.back(call(20, 0, 0, -90, 0)), 0);
  // A gateway that reports a longer time than the call took.
  const CallTimes liar = {.sent = 0, .gateway_received = 0, .gateway_sent = 500, .answered = 100};
  assert_int_equal(liar.link(), 0);
}

void test_times_of_a_hostile_gateway_are_not_plausible(void**) {
  constexpr std::int64_t kNow = 1'700'000'000'000'000;
  constexpr std::int64_t kMost = INT64_MAX;
  constexpr std::int64_t kLatest = std::int64_t{1} << 55;
  const auto plausible = [](std::int64_t received, std::int64_t sent) {
    return CallTimes{.sent = kNow, .gateway_received = received, .gateway_sent = sent, .answered = kNow + 100}
        .plausible();
  };
  assert_true(plausible(kNow, kNow));
  assert_true(plausible(0, kLatest));
  assert_false(plausible(0, kLatest + 1));
  assert_false(plausible(-1, kNow));
  assert_false(plausible(kNow, kNow - 1));
  assert_false(plausible(kMost, kMost));
  assert_false(plausible(static_cast<std::int64_t>(UINT64_MAX), kNow));
  // The widest plausible times do not overflow (the sanitizers check this).
  ClockOffset offset;
  const CallTimes widest = {.sent = 0, .gateway_received = 0, .gateway_sent = kLatest, .answered = kLatest};
  offset.add(widest);
  offset.add({.sent = kLatest, .gateway_received = 0, .gateway_sent = 0, .answered = kLatest});
  assert_true(offset.split(widest).there >= 0);
  assert_true(offset.back(widest) >= 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_equal_delays_are_exact),
      cmocka_unit_test(test_the_fastest_call_is_used),
      cmocka_unit_test(test_the_true_offset_is_within_the_uncertainty),
      cmocka_unit_test(test_old_calls_are_discarded),
      cmocka_unit_test(test_delays_are_not_negative),
      cmocka_unit_test(test_times_of_a_hostile_gateway_are_not_plausible),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
