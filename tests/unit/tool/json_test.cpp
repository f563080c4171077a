#include "mote-device/json.h"

#include <memory>
#include <string>

#include "support/captured.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote::tool;
using mote::test::captured;

void test_answer(void**) {
  const ReceivedMetadata none;
  Answer answer = {.number = 1, .at_us = 20, .took_us = 10, .text = "a\"b", .timing = {}};
  const auto line = [&] { return captured([&](std::FILE* out) { json::put(answer, none, out); }); };
  assert_string_equal(
      line().c_str(),
      "{\"type\":\"answer\",\"number\":1,\"at_us\":20,\"time_us\":10,\"bytes\":3,\"text\":\"a\\\"b\"}\n");
  const std::string large(json::kMostTextBytes + 1, 'x');
  answer.text = large;
  answer.first = true;
  assert_string_equal(line().c_str(),
                      "{\"type\":\"answer\",\"number\":1,\"at_us\":20,\"time_us\":10,\"bytes\":1025,\"first\":true}\n");
}

void test_timing_and_metadata(void**) {
  ReceivedMetadata metadata;
  metadata.add("x-a", "b", false);
  metadata.add("x-c", "d", true);
  Answer answer = {.number = 1,
                   .at_us = 20,
                   .took_us = 10,
                   .text = {},
                   .timing = {.known = true,
                              .complete = true,
                              .times = {.sent = 1, .gateway_received = 2, .gateway_sent = 3, .answered = 4},
                              .ways = {.there = 5, .back = 6}}};
  const auto line = [&] { return captured([&](std::FILE* out) { json::put(answer, metadata, out); }); };
  assert_true(
      line().ends_with("\"text\":\"\",\"timing\":{\"sent_us\":1,\"gateway_received_us\":2,\"gateway_sent_us\":3,"
                       "\"answered_us\":4,\"there_us\":5,\"back_us\":6},\"metadata\":[{\"name\":\"x-a\",\"value\":"
                       "\"b\",\"trailing\":false},{\"name\":\"x-c\",\"value\":\"d\",\"trailing\":true}]}\n"));
  answer.timing.complete = false;
  assert_true(line().find("\"timing\":{\"gateway_sent_us\":3,\"answered_us\":4,\"back_us\":6}") != std::string::npos);
}

void test_failure_collected_and_end(void**) {
  ReceivedMetadata metadata;
  const Failure failure = {.number = 2, .at_us = 3, .took_us = 4, .status = MOTE_UNAVAILABLE, .detail = "gone"};
  assert_string_equal(
      captured([&](std::FILE* out) { json::put(failure, metadata, out); }).c_str(),
      "{\"type\":\"failure\",\"number\":2,\"at_us\":3,\"time_us\":4,\"status\":\"UNAVAILABLE\",\"code\":14,"
      "\"detail\":\"gone\"}\n");
  const Collected collected = {.at_us = 1, .took_us = 2, .sent = 3, .messages = 4, .bytes = 5, .duration_us = 6};
  assert_string_equal(captured([&](std::FILE* out) { json::put(collected, metadata, out); }).c_str(),
                      "{\"type\":\"collected\",\"at_us\":1,\"time_us\":2,\"sent\":3,\"messages\":4,\"bytes\":5,"
                      "\"duration_us\":6}\n");
  metadata.add("x-a", "b", true);
  assert_string_equal(captured([&](std::FILE* out) { json::put_end(metadata, out); }).c_str(),
                      "{\"type\":\"end\",\"metadata\":[{\"name\":\"x-a\",\"value\":\"b\",\"trailing\":true}]}\n");
}

void test_summary(void**) {
  Options options;
  options.mode = Mode::Chat;
  const auto tally = std::make_unique<Tally>();
  const CallTimes times = {.sent = 100, .gateway_received = 40, .gateway_sent = 40, .answered = 120};
  tally->offset.add(times);
  tally->add(Answer{.took_us = 20,
                    .text = {},
                    .timing = {.known = true, .complete = true, .times = times, .ways = {.there = 10, .back = 10}}});
  tally->add(Failure{.status = MOTE_INTERNAL, .detail = {}});
  tally->elapsed_us = 77;
  tally->retried = 3;
  tally->tls = {.version = "TLSv1.2", .suite = "TLS-PSK-WITH-AES-128-GCM-SHA256", .handshake_ms = 8, .resumed = true};
  const std::string line = captured([&](std::FILE* out) { json::put_summary(options, *tally, "[::1]:5", out); });
  assert_string_equal(
      line.c_str(),
      "{\"type\":\"summary\",\"target\":\"127.0.0.1:50051\",\"peer\":\"[::1]:5\",\"mode\":\"chat\","
      "\"sent\":2,\"answered\":1,"
      "\"failed\":1,\"failed_with\":{\"INTERNAL\":1},\"retried\":3,\"loss_percent\":50.0000,\"elapsed_us\":77,"
      "\"time_us\":{\"min\":20,\"median\":20,\"mean\":20,\"p99\":20,\"max\":20},"
      "\"there_us\":{\"min\":10,\"median\":10,\"mean\":10,\"p99\":10,\"max\":10},"
      "\"gateway_us\":{\"min\":0,\"median\":0,\"mean\":0,\"p99\":0,\"max\":0},"
      "\"back_us\":{\"min\":10,\"median\":10,\"mean\":10,\"p99\":10,\"max\":10},"
      "\"tls\":{\"version\":\"TLSv1.2\",\"suite\":\"TLS_PSK_WITH_AES_128_GCM_SHA256\",\"handshake_ms\":8,\"resumed\":"
      "true},"
      "\"clock_offset_us\":-70,\"clock_uncertainty_us\":10}\n");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_answer),
      cmocka_unit_test(test_timing_and_metadata),
      cmocka_unit_test(test_failure_collected_and_end),
      cmocka_unit_test(test_summary),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
