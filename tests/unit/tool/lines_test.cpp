#include "mote-device/lines.h"

#include <memory>
#include <string>

#include "support/captured.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote::tool;
using mote::test::captured;

constexpr const char* kPeer = "127.0.0.1:50051";

void assert_contains(const std::string& text, const char* part) {
  if (text.find(part) == std::string::npos) fail_msg("no \"%s\" in:\n%s", part, text.c_str());
}

void test_begin(void**) {
  Options options;
  const auto begin = [&] { return captured([&](std::FILE* out) { lines::put_begin(options, out); }); };
  assert_string_equal(begin().c_str(), "echo.Echo/Reply at 127.0.0.1:50051: 5 calls of 5 bytes, 1000 ms apart\n");
  options.count = 1;
  options.size_bytes = 1024;
  assert_string_equal(begin().c_str(), "echo.Echo/Reply at 127.0.0.1:50051: 1 call of 1024 bytes\n");
  options.count = 0;
  options.mode = Mode::Chat;
  options.target_text = "a\x1b";
  assert_string_equal(begin().c_str(), "echo.Echo/Chat at a?: messages of 1024 bytes until Ctrl-C, 1000 ms apart\n");
}

void test_answers(void**) {
  Options options;
  Answer answer = {.number = 3, .at_us = 0, .took_us = 1234, .text = "You said: hello", .timing = {}};
  const auto line = [&] { return captured([&](std::FILE* out) { lines::put(options, answer, kPeer, out); }); };
  assert_string_equal(line().c_str(), "15 bytes from 127.0.0.1:50051: call=3 time=1.234 ms\n");
  answer.timing = {.known = true,
                   .complete = true,
                   .times = {.sent = 0, .gateway_received = 100, .gateway_sent = 120, .answered = 1234},
                   .ways = {.there = 600, .back = 614}};
  assert_string_equal(line().c_str(),
                      "15 bytes from 127.0.0.1:50051: call=3 time=1.234 ms there=0.600 gateway=0.020 back=0.614 ms\n");
  options.mode = Mode::ReplyStream;
  answer.timing.complete = false;
  assert_string_equal(line().c_str(), "15 bytes from 127.0.0.1:50051: reply=3 gap=1.234 ms back=0.614 ms\n");
  answer.timing = {};
  answer.first = true;
  assert_string_equal(line().c_str(), "15 bytes from 127.0.0.1:50051: reply=3 time=1.234 ms\n");
}

void test_failures(void**) {
  const Options options;
  Failure failure = {.number = 2, .at_us = 0, .took_us = 300, .status = MOTE_UNAVAILABLE, .detail = "gone\n"};
  const auto line = [&] { return captured([&](std::FILE* out) { lines::put(options, failure, out); }); };
  assert_string_equal(line().c_str(), "call=2 UNAVAILABLE after 0.300 ms: gone?\n");
  failure.detail = {};
  assert_string_equal(line().c_str(), "call=2 UNAVAILABLE after 0.300 ms\n");
}

void test_collected(void**) {
  const Collected collected = {
      .at_us = 0, .took_us = 250, .sent = 10, .messages = 9, .bytes = 9000, .duration_us = 4500};
  const std::string line = captured([&](std::FILE* out) { lines::put(collected, kPeer, out); });
  assert_string_equal(line.c_str(),
                      "127.0.0.1:50051 counted 9 of 10 messages, 9000 bytes in 4.500 ms (2.000 MB/s), summary after "
                      "0.250 ms\n");
}

void test_metadata(void**) {
  ReceivedMetadata metadata;
  metadata.add("x-a", "b\x1b", false);
  metadata.add("x-c", "d", true);
  metadata.add("x", std::string(ReceivedMetadata::kMostBytes, 'x'), true);
  const std::string text = captured([&](std::FILE* out) { lines::put(metadata, out); });
  assert_string_equal(text.c_str(), "    initial x-a: b?\n    trailing x-c: d\n    and 1 more fields\n");
}

std::string summary(const Options& options, const Tally& tally) {
  return captured([&](std::FILE* out) { lines::put_summary(options, tally, 80, false, out); });
}

void test_summary(void**) {
  const Options options;
  const auto tally = std::make_unique<Tally>();
  for (std::uint64_t i = 1; i <= 9; ++i)
    tally->add(Answer{.number = i, .at_us = i, .took_us = 10 * i, .text = {}, .timing = {}});
  tally->add(Failure{.number = 10, .at_us = 10, .took_us = 1, .status = MOTE_DEADLINE_EXCEEDED, .detail = {}});
  tally->elapsed_us = 9'012'345;
  const std::string text = summary(options, *tally);
  assert_contains(text,
                  "\n--- echo.Echo/Reply at 127.0.0.1:50051 ---\n"
                  "10 calls, 9 answered, 1 failed (10.0 % loss), 9.012 s\n"
                  "failed with DEADLINE_EXCEEDED (1)\n"
                  "ms             min    median       p99       max\n"
                  "time         0.010     0.050     0.090     0.090\n");
  assert_contains(text, "\n0.01 to 0.02 ms  ####");
  assert_true(text.find("clock") == std::string::npos);
}

void test_summary_of_calls_made_again(void**) {
  const auto tally = std::make_unique<Tally>();
  assert_true(summary(Options{}, *tally).find("again") == std::string::npos);
  tally->retried = 1;
  assert_contains(summary(Options{}, *tally), "\n1 call was repeated, because the server had not processed it\n");
  tally->retried = 20;
  assert_contains(summary(Options{}, *tally), "\n20 calls were repeated, because the server had not processed them\n");
}

void test_summary_of_tls(void**) {
  const auto tally = std::make_unique<Tally>();
  assert_true(summary(Options{}, *tally).find("TLS") == std::string::npos);
  tally->tls = {.version = "TLSv1.3", .suite = "TLS1-3-AES-128-GCM-SHA256", .handshake_ms = 12, .resumed = false};
  assert_contains(summary(Options{}, *tally), "\nTLSv1.3 TLS_AES_128_GCM_SHA256, handshake 12 ms\n");
  tally->tls = {.version = "TLSv1.2", .suite = "TLS-PSK-WITH-AES-128-GCM-SHA256", .handshake_ms = 1, .resumed = true};
  assert_contains(summary(Options{}, *tally), "\nTLSv1.2 TLS_PSK_WITH_AES_128_GCM_SHA256, handshake 1 ms, resumed\n");
}

void test_summary_of_nothing(void**) {
  const auto tally = std::make_unique<Tally>();
  tally->add(Failure{.status = MOTE_UNAVAILABLE, .detail = {}});
  tally->add(Failure{.status = MOTE_INTERNAL, .detail = {}});
  const std::string text = summary(Options{}, *tally);
  assert_contains(text, "2 calls, 0 answered, 2 failed (100.0 % loss)");
  assert_contains(text, "failed with INTERNAL (1), UNAVAILABLE (1)\n");
  assert_true(text.find("min") == std::string::npos && text.find('#') == std::string::npos);
}

void test_summary_with_timing(void**) {
  const auto tally = std::make_unique<Tally>();
  const CallTimes times = {.sent = 0, .gateway_received = 1100, .gateway_sent = 1150, .answered = 250};
  tally->offset.add(times);
  tally->add(Answer{.took_us = 250,
                    .text = {},
                    .timing = {.known = true, .complete = true, .times = times, .ways = tally->offset.split(times)}});
  const std::string text = summary(Options{}, *tally);
  assert_contains(text, "there        0.100");
  assert_contains(text, "gateway      0.050");
  assert_contains(text, "back         0.100");
  assert_contains(text, "the gateway's clock is 1.000 ms ahead of ours, +-0.100 ms;");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_begin),
      cmocka_unit_test(test_answers),
      cmocka_unit_test(test_failures),
      cmocka_unit_test(test_collected),
      cmocka_unit_test(test_metadata),
      cmocka_unit_test(test_summary),
      cmocka_unit_test(test_summary_of_calls_made_again),
      cmocka_unit_test(test_summary_of_tls),
      cmocka_unit_test(test_summary_of_nothing),
      cmocka_unit_test(test_summary_with_timing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
