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
  assert_true(settings.acknowledge(5));
  assert_true(settings.acknowledged());
  assert_false(settings.awaits_acknowledgement());
  assert_true(settings.opened_before_acknowledgement(5));
  assert_false(settings.opened_before_acknowledgement(7));
}

// Before the first acknowledgement the peer uses the windows of RFC 9113, which are large.
void large_windows_hold_until_smaller_ones_are_acknowledged(void**) {
  SettingsExchange settings;
  assert_true(settings.large_in_force());
  assert_false(settings.large_was_announced());
  settings.announce(true);
  assert_true(settings.large_was_announced());
  assert_false(settings.acknowledge(1));
  assert_false(settings.opened_before_acknowledgement(1));
  settings.announce(false);
  assert_false(settings.announces_large());
  assert_true(settings.large_in_force());
  assert_true(settings.large_was_announced());
  assert_true(settings.acknowledge(3));
  assert_false(settings.large_in_force());
  assert_false(settings.large_was_announced());
  assert_true(settings.opened_before_acknowledgement(3));
  // The same windows again.
  settings.announce(false);
  assert_false(settings.acknowledge(5));
  assert_false(settings.opened_before_acknowledgement(5));
}

// The peer may use larger ones as soon as it has received them.
void large_windows_hold_from_their_announcement(void**) {
  SettingsExchange settings;
  assert_true(settings.acknowledge(1));
  settings.announce(true);
  assert_true(settings.large_in_force());
  assert_true(settings.awaits_acknowledgement());
  assert_false(settings.acknowledge(9));
  assert_false(settings.opened_before_acknowledgement(9));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_defaults_hold_until_settings_arrive),
      cmocka_unit_test(values_outside_their_range_are_faults),
      cmocka_unit_test(other_settings_may_have_any_value),
      cmocka_unit_test(the_last_initial_window_of_a_frame_is_applied),
      cmocka_unit_test(streams_before_the_acknowledgement),
      cmocka_unit_test(large_windows_hold_until_smaller_ones_are_acknowledged),
      cmocka_unit_test(large_windows_hold_from_their_announcement),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
