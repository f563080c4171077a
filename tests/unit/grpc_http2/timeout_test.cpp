#include "grpc_http2/timeout.h"

#include <limits>
#include <string>

#include "support/cmocka_test.h"
#include "support/seed.h"
#include "support/written.h"

using mote::test::written;
using namespace mote;
using namespace mote::grpc_http2;

namespace {

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kLongest = 99'999'999 * kHour;

std::string timeout_text(std::uint64_t us) {
  return written([us](ByteWriter& out) { write_timeout(out, us); }, kMaxTimeoutText).value();
}

// PROTOCOL-HTTP2.md, "TimeoutUnit".
void reads_every_unit(void**) {
  constexpr struct {
    std::string_view text;
    std::uint64_t us;
  } kGood[] = {
      {"1H", kHour},
      {"1M", kMinute},
      {"1S", kSecond},
      {"1m", 1000},
      {"1u", 1},
      {"1000n", 1},
      {"0H", 0},
      {"0n", 0},
      {"00000000u", 0},
      {"00000007m", 7000},
      {"12345678u", 12'345'678},
      {"99999999H", kLongest},
      {"99999999M", 99'999'999 * kMinute},
      {"99999999S", 99'999'999 * kSecond},
      {"99999999m", 99'999'999'000},
      {"99999999u", 99'999'999},
      {"99999999n", 100'000},
  };
  for (const auto& good : kGood) {
    const auto us = parse_timeout_us(good.text);
    assert_true(us.has_value());
    assert_int_equal(*us, good.us);
  }
}

void nanoseconds_round_up(void**) {
  assert_int_equal(parse_timeout_us("1n").value(), 1);
  assert_int_equal(parse_timeout_us("999n").value(), 1);
  assert_int_equal(parse_timeout_us("1001n").value(), 2);
  assert_int_equal(parse_timeout_us("2000n").value(), 2);
}

// PROTOCOL-HTTP2.md, "TimeoutValue": at most 8 digits, then one unit, and nothing else.
void refuses_everything_else(void**) {
  for (std::string_view text :
       {"",    "S",    "1",    "12345678", "123456789u", "000000001u", "1 S", " 1S", "1S ", "-1S",
        "+1S", "1.5S", "1,5S", "0x1S",     "1ms",        "1us",        "1SS", "1s",  "1h",  "1U",
        "1N",  "1x",   "S1",   "1/m",      "1:m",        "/S",         ":S",  "a",   "1e3m"}) {
    assert_false(parse_timeout_us(text).has_value());
  }
  assert_false(parse_timeout_us(std::string_view("1\0S", 3)).has_value());
  assert_false(parse_timeout_us(std::string_view("1S\0", 3)).has_value());
}

void only_six_letters_are_units(void**) {
  for (unsigned c = 0; c < 256; ++c) {
    const std::string text = {'5', static_cast<char>(c)};
    const bool unit = c != 0 && std::string_view("HMSmun").find(static_cast<char>(c)) != std::string_view::npos;
    assert_int_equal(parse_timeout_us(text).has_value(), unit);
  }
}

void writes_the_largest_exact_unit(void**) {
  constexpr struct {
    std::uint64_t us;
    std::string_view text;
  } kExact[] = {
      {1, "1u"},
      {999, "999u"},
      {1000, "1m"},
      {1001, "1001u"},
      {1'500'000, "1500m"},
      {kSecond, "1S"},
      {59 * kSecond, "59S"},
      {kMinute, "1M"},
      {90 * kSecond, "90S"},
      {kHour, "1H"},
      {kHour + kSecond, "3601S"},
      {10 * kSecond, "10S"},
      {99'999'999, "99999999u"},
      {kLongest, "99999999H"},
  };
  for (const auto& exact : kExact)
    assert_string_equal(timeout_text(exact.us).c_str(), exact.text.data());
}

void past_8_digits_it_rounds_up(void**) {
  assert_string_equal(timeout_text(100'000'001).c_str(), "100001m");
  assert_string_equal(timeout_text(99'999'999'001).c_str(), "100000S");
  assert_string_equal(timeout_text(123'456'789'123).c_str(), "123457S");
}

void the_longest_timeout_is_the_maximum(void**) {
  assert_string_equal(timeout_text(kLongest + 1).c_str(), "99999999H");
  assert_string_equal(timeout_text(std::numeric_limits<std::uint64_t>::max()).c_str(), "99999999H");
}

// A timeout of 0 is not allowed; the shortest one is written.
void no_time_left_is_the_shortest_timeout(void**) {
  assert_string_equal(timeout_text(0).c_str(), "1n");
}

void needs_exactly_its_size(void**) {
  assert_false(written([](ByteWriter& out) { write_timeout(out, 99'999'999); }, kMaxTimeoutText - 1).has_value());
}

// What is written is read as no less, and as less than a thousandth more.
void any_timeout_can_be_written_and_parsed(void**) {
  std::mt19937 random = mote::test::seeded_random();
  for (int round = 0; round < 100'000; ++round) {
    const std::uint64_t us = (std::uint64_t{random()} << 32U | random()) % kLongest >> mote::test::pick(random, 58);
    const auto read = parse_timeout_us(timeout_text(us));
    assert_true(read.has_value());
    assert_true(*read >= us);
    assert_true(*read <= us + us / 1000 + (us == 0 ? 1 : 0));
    if (us > 0 && us <= 99'999'999) assert_true(*read == us);
  }
}

void writes_milliseconds_unchanged(void**) {
  const struct {
    std::uint32_t ms;
    const char* text;
  } cases[] = {{1, "1m"},
               {1000, "1000m"},
               {99'999'999, "99999999m"},
               {100'000'000, "100000S"},
               {100'000'001, "100001S"},
               {UINT32_MAX, "4294968S"}};
  for (const auto& one : cases) {
    const auto text =
        written([&](ByteWriter& out) { mote::grpc_http2::write_timeout_ms(out, one.ms); }, kMaxTimeoutText);
    assert_string_equal(text.value().c_str(), one.text);
    const auto us = parse_timeout_us(text.value());
    assert_true(us.has_value() && *us >= std::uint64_t{one.ms} * 1000);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(writes_milliseconds_unchanged),
      cmocka_unit_test(reads_every_unit),
      cmocka_unit_test(nanoseconds_round_up),
      cmocka_unit_test(refuses_everything_else),
      cmocka_unit_test(only_six_letters_are_units),
      cmocka_unit_test(writes_the_largest_exact_unit),
      cmocka_unit_test(past_8_digits_it_rounds_up),
      cmocka_unit_test(the_longest_timeout_is_the_maximum),
      cmocka_unit_test(no_time_left_is_the_shortest_timeout),
      cmocka_unit_test(needs_exactly_its_size),
      cmocka_unit_test(any_timeout_can_be_written_and_parsed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
