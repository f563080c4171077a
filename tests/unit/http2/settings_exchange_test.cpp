#include "http2/server/settings_exchange.h"

#include <array>

#include "support/cmocka_test.h"

namespace {

using mote::http2::Fault;
using mote::http2::Setting;
using mote::http2::SettingId;
using mote::http2::SettingsExchange;

void the_defaults_hold_until_settings_arrive(void**) {
  const SettingsExchange settings;
  assert_false(settings.received());
  assert_false(settings.acknowledged());
  assert_int_equal(settings.initial_window_bytes(), 65'535);
  assert_int_equal(settings.max_frame_bytes(), 16'384);
}

// RFC 9113 6.5.2.
void values_outside_their_range_are_faults(void**) {
  struct Case {
    SettingId id;
    std::uint32_t least;
    std::uint32_t most;
    Fault fault;
  };
  constexpr std::array kCases = {
      Case{SettingId::EnablePush, 0, 1, Fault::EnablePush},
      Case{SettingId::InitialWindowSize, 0, 0x7fffffff, Fault::InitialWindow},
      Case{SettingId::MaxFrameSize, 16'384, 16'777'215, Fault::MaxFrameSize},
  };
  for (const Case& one : kCases) {
    SettingsExchange settings;
    settings.begin_frame();
    assert_false(settings.take({one.id, one.least}).has_value());
    assert_false(settings.take({one.id, one.most}).has_value());
    assert_true(settings.take({one.id, one.most + 1}) == one.fault);
    if (one.least != 0) assert_true(settings.take({one.id, one.least - 1}) == one.fault);
  }
}

void other_settings_may_have_any_value(void**) {
  SettingsExchange settings;
  settings.begin_frame();
  for (const SettingId id : {SettingId::HeaderTableSize, SettingId::MaxConcurrentStreams, SettingId::MaxHeaderListSize,
                             static_cast<SettingId>(0x99)})
    assert_false(settings.take({id, 0xffffffff}).has_value());
}

// RFC 9113 6.9.2: the difference applies to the open streams.
void the_last_initial_window_of_a_frame_is_applied(void**) {
  SettingsExchange settings;
  settings.begin_frame();
  for (const std::uint32_t value : {1U, 70'000U, 65'000U})
    assert_false(settings.take({SettingId::InitialWindowSize, value}).has_value());
  assert_int_equal(settings.initial_window_bytes(), 65'535);
  assert_int_equal(settings.apply(), -535);
  assert_int_equal(settings.initial_window_bytes(), 65'000);
  assert_true(settings.received());
  settings.begin_frame();
  assert_int_equal(settings.apply(), 0);
}

void streams_before_the_acknowledgement(void**) {
  SettingsExchange settings;
  assert_true(settings.awaits_acknowledgement());
  (void)settings.announce(2048);
  assert_int_equal(settings.acknowledge(5), 65'535 - 2048);
  assert_true(settings.acknowledged());
  assert_false(settings.awaits_acknowledgement());
  assert_int_equal(settings.window_lost_bytes(5), 65'535 - 2048);
  assert_int_equal(settings.window_lost_bytes(7), 0);
}

// Before the first acknowledgement the peer uses the windows of RFC 9113.
void a_window_holds_until_a_smaller_one_is_acknowledged(void**) {
  SettingsExchange settings;
  assert_int_equal(settings.window_in_force_bytes(), 65'535);
  assert_int_equal(settings.announce(65'535), 0);
  assert_int_equal(settings.acknowledge(1), 0);
  assert_int_equal(settings.window_lost_bytes(1), 0);
  assert_int_equal(settings.announce(2048), 0);
  assert_int_equal(settings.announced_window_bytes(), 2048);
  assert_int_equal(settings.window_in_force_bytes(), 65'535);
  assert_int_equal(settings.acknowledge(3), 65'535 - 2048);
  assert_int_equal(settings.window_in_force_bytes(), 2048);
  assert_int_equal(settings.window_lost_bytes(3), 65'535 - 2048);
  // The same window again.
  assert_int_equal(settings.announce(2048), 0);
  assert_int_equal(settings.acknowledge(5), 0);
  assert_int_equal(settings.window_lost_bytes(3), 65'535 - 2048);
  assert_int_equal(settings.window_lost_bytes(5), 0);
}

// The peer may use a larger one as soon as it has received it.
void a_larger_window_holds_from_its_announcement(void**) {
  SettingsExchange settings;
  (void)settings.announce(2048);
  (void)settings.acknowledge(1);
  assert_int_equal(settings.announce(65'535), 65'535 - 2048);
  assert_int_equal(settings.window_in_force_bytes(), 65'535);
  assert_true(settings.awaits_acknowledgement());
  // A stream has back what it lost.
  assert_int_equal(settings.window_lost_bytes(1), 0);
  assert_int_equal(settings.acknowledge(9), 0);
  assert_int_equal(settings.announce(500'000), 500'000 - 65'535);
  assert_int_equal(settings.window_lost_bytes(1), 0);
  assert_int_equal(settings.acknowledge(11), 0);
  assert_int_equal(settings.announce(65'535), 0);
  assert_int_equal(settings.acknowledge(13), 500'000 - 65'535);
  assert_int_equal(settings.window_lost_bytes(13), 500'000 - 65'535);
  // A part of it.
  assert_int_equal(settings.announce(100'000), 100'000 - 65'535);
  assert_int_equal(settings.window_lost_bytes(13), 400'000);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_defaults_hold_until_settings_arrive),
      cmocka_unit_test(values_outside_their_range_are_faults),
      cmocka_unit_test(other_settings_may_have_any_value),
      cmocka_unit_test(the_last_initial_window_of_a_frame_is_applied),
      cmocka_unit_test(streams_before_the_acknowledgement),
      cmocka_unit_test(a_window_holds_until_a_smaller_one_is_acknowledged),
      cmocka_unit_test(a_larger_window_holds_from_its_announcement),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
