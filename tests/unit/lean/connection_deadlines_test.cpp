#include "engine/lean/connection_deadlines.h"

#include <algorithm>
#include <cstdint>

#include "support/cmocka_test.h"

namespace {

using namespace mote;
using namespace mote::lean;
using std::chrono::milliseconds;
using std::chrono::seconds;

using Deadline = ConnectionDeadlines::Deadline;
using State = ConnectionDeadlines::State;

constexpr State kNew{.established = false, .settings_acknowledged = false, .goaway_sent = false, .has_calls = false};
constexpr State kServing{.established = true, .settings_acknowledged = true, .goaway_sent = false, .has_calls = true};
constexpr State kIdle{.established = true, .settings_acknowledged = true, .goaway_sent = false, .has_calls = false};
constexpr State kGone{.established = true, .settings_acknowledged = true, .goaway_sent = true, .has_calls = true};
constexpr Time kStart = seconds(1000);
constexpr std::uint32_t kNoJitter = 100;

struct Fixture {
  engine::Limits limits;
  ConnectionDeadlines deadlines{limits, kStart, kNoJitter};

  // The deadline that passes first, exactly at next().
  Deadline first(const State& state) {
    const Time next = deadlines.next(state);
    assert_true(deadlines.passed(state, next - Time(1)) == Deadline::None);
    return deadlines.passed(state, next);
  }
};

void test_a_new_connection_has_the_preface_deadline(void**) {
  Fixture f;
  assert_true(f.deadlines.next(kNew) == kStart + f.limits.preface_timeout);
  assert_true(f.first(kNew) == Deadline::Preface);
}

void test_activity_moves_the_keepalive_deadline(void**) {
  Fixture f;
  assert_true(f.deadlines.next(kServing) == kStart + f.limits.keepalive);
  f.deadlines.note_activity(kStart + seconds(7));
  assert_true(f.deadlines.next(kServing) == kStart + seconds(7) + f.limits.keepalive);
  f.deadlines.note_ping(kStart + seconds(70));
  assert_true(f.deadlines.ping_pending());
  assert_true(f.deadlines.next(kServing) == kStart + seconds(70) + f.limits.keepalive_timeout);
  assert_true(f.first(kServing) == Deadline::Keepalive);
  f.deadlines.note_activity(kStart + seconds(71));
  assert_false(f.deadlines.ping_pending());
}

void test_zero_switches_keepalive_and_idle_timeout_off(void**) {
  Fixture f;
  f.limits.keepalive = seconds(0);
  f.limits.idle_timeout = seconds(0);
  assert_true(f.deadlines.next(kIdle) == kNever);
}

void test_only_a_connection_without_calls_has_the_idle_deadline(void**) {
  Fixture f;
  f.limits.keepalive = seconds(0);
  f.limits.call_idle_timeout = seconds(0);
  assert_true(f.deadlines.next(kServing) == kNever);
  f.deadlines.note_idle(kStart + seconds(5));
  assert_true(f.deadlines.next(kIdle) == kStart + seconds(5) + f.limits.idle_timeout);
  assert_true(f.first(kIdle) == Deadline::Idle);
}

void test_a_partial_frame_keeps_its_first_time(void**) {
  Fixture f;
  f.deadlines.note_partial(true, kStart + seconds(1));
  f.deadlines.note_partial(true, kStart + seconds(2));
  assert_true(f.deadlines.next(kServing) == kStart + seconds(1) + f.limits.header_timeout);
  assert_true(f.first(kServing) == Deadline::HeaderBlock);
  f.deadlines.note_partial(false, kStart + seconds(3));
  assert_true(f.deadlines.next(kServing) == kStart + f.limits.keepalive);
}

void test_unsent_bytes_suspend_all_but_the_write_stall(void**) {
  Fixture f;
  f.deadlines.note_partial(true, kStart);
  f.deadlines.note_blocked(kStart + seconds(1));
  f.deadlines.note_blocked(kStart + seconds(2));
  assert_true(f.deadlines.next(kServing) == kStart + seconds(1) + f.limits.write_stall);
  f.deadlines.note_progress(1'000'000, kStart + seconds(3));
  assert_true(f.deadlines.next(kServing) == kStart + seconds(3) + f.limits.write_stall);
  assert_true(f.first(kServing) == Deadline::WriteStall);
  f.deadlines.note_all_sent(kStart + seconds(9));
  assert_true(f.deadlines.next(kServing) == kStart + seconds(9) + f.limits.header_timeout);
}

// min-progress-bytes: a byte extends the time by what it takes at the rate, and not more.
void test_progress_extends_a_stall_by_its_bytes(void**) {
  Fixture f;
  f.limits.min_progress_bytes = 100;
  f.deadlines.note_blocked(kStart);
  assert_false(f.deadlines.slow());
  f.deadlines.note_progress(1, kStart + seconds(20));
  assert_true(f.deadlines.next(kServing) == kStart + f.limits.write_stall + milliseconds(10));
  assert_true(f.deadlines.slow());
  f.deadlines.note_progress(100, kStart + seconds(20));
  assert_true(f.deadlines.next(kServing) == kStart + f.limits.write_stall + milliseconds(1010));
  f.deadlines.note_all_sent(kStart + seconds(25));
  f.deadlines.note_blocked(kStart + seconds(26));
  assert_false(f.deadlines.slow());
}

// The larger socket of a connection takes more before it is known that the small one was full.
void test_progress_before_a_stall(void**) {
  Fixture f;
  f.deadlines.note_progress(100, kStart);
  assert_false(f.deadlines.slow());
  assert_true(f.deadlines.next(kServing) == kStart + f.limits.keepalive);
  f.deadlines.note_blocked(kStart);
  assert_true(f.deadlines.next(kServing) == kStart + f.limits.write_stall);
}

void test_progress_extends_a_header_block_by_its_bytes(void**) {
  Fixture f;
  f.limits.min_progress_bytes = 100;
  f.deadlines.note_received(50, kStart);
  f.deadlines.note_partial(true, kStart);
  assert_true(f.deadlines.next(kServing) == kStart + f.limits.header_timeout);
  f.deadlines.note_received(50, kStart + seconds(4));
  f.deadlines.note_partial(true, kStart + seconds(4));
  assert_true(f.deadlines.next(kServing) == kStart + f.limits.header_timeout + milliseconds(500));
  assert_true(f.deadlines.slow());
  f.deadlines.note_received(1'000'000, kStart + seconds(5));
  assert_true(f.deadlines.next(kServing) == kStart + seconds(5) + f.limits.header_timeout);
}

void test_settings_must_be_acknowledged(void**) {
  Fixture f;
  constexpr State kGreeted{
      .established = true, .settings_acknowledged = false, .goaway_sent = false, .has_calls = true};
  f.deadlines.note_established(kStart + seconds(8));
  assert_true(f.deadlines.next(kGreeted) == kStart + seconds(8) + f.limits.settings_timeout);
  assert_true(f.first(kGreeted) == Deadline::Settings);
  // While bytes are unsent, the acknowledgement is not read.
  f.deadlines.note_blocked(kStart + seconds(9));
  f.deadlines.note_all_sent(kStart + seconds(20));
  assert_true(f.deadlines.next(kGreeted) == kStart + seconds(20) + f.limits.settings_timeout);
}

void test_calls_without_messages_have_a_deadline(void**) {
  Fixture f;
  f.limits.keepalive = seconds(0);
  assert_true(f.deadlines.next(kServing) == kStart + f.limits.call_idle_timeout);
  f.deadlines.note_calls_since(kStart + seconds(5));
  assert_true(f.deadlines.next(kServing) == kStart + seconds(5) + f.limits.call_idle_timeout);
  assert_true(f.first(kServing) == Deadline::CallIdle);
}

void test_a_drain_has_a_deadline_until_its_last_goaway(void**) {
  Fixture f;
  f.limits.keepalive = seconds(0);
  f.limits.call_idle_timeout = seconds(0);
  f.deadlines.note_drain(kStart + seconds(20));
  f.deadlines.note_drain(kStart + seconds(21));
  assert_true(f.deadlines.next(kIdle) == kStart + seconds(20));
  f.deadlines.note_drain(kStart + seconds(2));  // The gateway shuts down meanwhile.
  assert_true(f.deadlines.next(kIdle) == kStart + seconds(2));
  assert_true(f.first(kIdle) == Deadline::Drain);
  assert_true(f.deadlines.next(kGone) == kNever);
}

void test_a_connection_gets_old(void**) {
  Fixture f;
  f.limits.keepalive = seconds(0);
  f.limits.call_idle_timeout = seconds(0);
  f.limits.idle_timeout = seconds(0);
  assert_true(f.deadlines.next(kServing) == kNever);
  assert_false(f.deadlines.aged(kStart + std::chrono::hours(1000)));
  f.limits.max_connection_age = seconds(60);
  for (const State& state : {kServing, kIdle}) {
    assert_true(f.deadlines.next(state) == kStart + seconds(61));
    assert_true(f.first(state) == Deadline::Age);
  }
  assert_false(f.deadlines.aged(kStart + seconds(60)));
  assert_true(f.deadlines.aged(kStart + seconds(61)));
}

// Accepted late in a second, which is what is remembered.
void test_an_age_is_not_shorter(void**) {
  Fixture f;
  f.limits.max_connection_age = seconds(1);
  const Time accepted = kStart + std::chrono::milliseconds(990);
  const ConnectionDeadlines deadlines(f.limits, accepted, kNoJitter);
  assert_false(deadlines.aged(accepted + std::chrono::milliseconds(999)));
  assert_true(deadlines.aged(accepted + seconds(2)));
}

// TLS handshakes and the preface have their own time.
void test_a_connection_without_a_preface_has_no_age(void**) {
  Fixture f;
  f.limits.max_connection_age = seconds(1);
  assert_true(f.deadlines.next(kNew) == kStart + f.limits.preface_timeout);
  assert_true(f.deadlines.passed(kNew, kStart + seconds(5)) == Deadline::None);
  assert_true(f.first(kNew) == Deadline::Preface);
}

void test_the_ages_of_connections_differ(void**) {
  engine::Limits limits;
  limits.max_connection_age = seconds(1000);
  Time least = kNever;
  Time most{};
  for (std::uint32_t random = 0; random < 1000; ++random) {
    const ConnectionDeadlines deadlines(limits, kStart, random);
    Time age = seconds(901);
    while (!deadlines.aged(kStart + age))
      age += seconds(1);
    least = std::min(least, age);
    most = std::max(most, age);
  }
  assert_true(least == seconds(901));
  assert_true(most == seconds(1101));
}

// The grace is for calls that are open, once, and begins with the age, whenever the drain began.
void test_the_grace_of_an_old_connection(void**) {
  Fixture f;
  f.limits.keepalive = seconds(0);
  f.limits.call_idle_timeout = seconds(0);
  f.limits.max_connection_age = seconds(60);
  f.deadlines.note_drain(kStart + seconds(60));
  assert_true(f.deadlines.next(kGone) == kNever);
  f.limits.max_connection_age_grace = seconds(30);
  assert_true(f.deadlines.next(kGone) == kStart + seconds(91));
  assert_true(f.first(kGone) == Deadline::AgeGrace);
  f.deadlines.note_age_grace_over();
  assert_true(f.deadlines.next(kGone) == kNever);
  Fixture idle;
  idle.limits.keepalive = seconds(0);
  idle.limits.max_connection_age = seconds(60);
  idle.limits.max_connection_age_grace = seconds(30);
  idle.deadlines.note_drain(kStart + seconds(60));
  assert_true(idle.first(kIdle) == Deadline::Drain);
  State without_calls = kGone;
  without_calls.has_calls = false;
  assert_true(idle.deadlines.next(without_calls) == kNever);
  Fixture ageless;
  ageless.limits.keepalive = seconds(0);
  ageless.limits.call_idle_timeout = seconds(0);
  ageless.limits.max_connection_age_grace = seconds(30);
  ageless.deadlines.note_drain(kStart);
  assert_true(ageless.deadlines.next(kGone) == kNever);
}

// Slow is a peer whose bytes have extended the timeout that runs.
void test_a_slow_peer(void**) {
  Fixture f;
  f.deadlines.note_partial(true, kStart);
  assert_false(f.deadlines.slow());
  f.deadlines.note_received(10, kStart + seconds(1));
  assert_true(f.deadlines.slow());
  f.deadlines.note_partial(true, kStart + seconds(2));
  assert_true(f.deadlines.slow());
  f.deadlines.note_partial(false, kStart + seconds(3));
  assert_false(f.deadlines.slow());
  f.deadlines.note_blocked(kStart + seconds(4));
  f.deadlines.note_progress(10, kStart + seconds(5));
  assert_true(f.deadlines.slow());
  f.deadlines.note_partial(true, kStart + seconds(6));
  assert_false(f.deadlines.slow());
}

void test_a_lingering_connection_has_no_other_deadline(void**) {
  Fixture f;
  f.deadlines.note_lingering(kStart + seconds(1));
  assert_true(f.deadlines.next(kNew) == kStart + seconds(1) + kLinger);
  assert_true(f.first(kNew) == Deadline::Linger);
  f.deadlines.note_drain(kStart);
  assert_true(f.first(kNew) == Deadline::Linger);
}

void test_refill_counts_whole_seconds_once(void**) {
  Fixture f;
  assert_int_equal(f.deadlines.take_refill_seconds(kStart + std::chrono::milliseconds(1999)), 1);
  assert_int_equal(f.deadlines.take_refill_seconds(kStart + std::chrono::milliseconds(1999)), 0);
  assert_int_equal(f.deadlines.take_refill_seconds(kStart + seconds(2)), 1);
  assert_int_equal(f.deadlines.take_refill_seconds(kStart + seconds(1'000'000)), 3600);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_new_connection_has_the_preface_deadline),
      cmocka_unit_test(test_activity_moves_the_keepalive_deadline),
      cmocka_unit_test(test_zero_switches_keepalive_and_idle_timeout_off),
      cmocka_unit_test(test_only_a_connection_without_calls_has_the_idle_deadline),
      cmocka_unit_test(test_a_partial_frame_keeps_its_first_time),
      cmocka_unit_test(test_unsent_bytes_suspend_all_but_the_write_stall),
      cmocka_unit_test(test_progress_extends_a_stall_by_its_bytes),
      cmocka_unit_test(test_progress_before_a_stall),
      cmocka_unit_test(test_progress_extends_a_header_block_by_its_bytes),
      cmocka_unit_test(test_settings_must_be_acknowledged),
      cmocka_unit_test(test_calls_without_messages_have_a_deadline),
      cmocka_unit_test(test_a_drain_has_a_deadline_until_its_last_goaway),
      cmocka_unit_test(test_a_connection_gets_old),
      cmocka_unit_test(test_an_age_is_not_shorter),
      cmocka_unit_test(test_a_connection_without_a_preface_has_no_age),
      cmocka_unit_test(test_the_ages_of_connections_differ),
      cmocka_unit_test(test_the_grace_of_an_old_connection),
      cmocka_unit_test(test_a_slow_peer),
      cmocka_unit_test(test_a_lingering_connection_has_no_other_deadline),
      cmocka_unit_test(test_refill_counts_whole_seconds_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
