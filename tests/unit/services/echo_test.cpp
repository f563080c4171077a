#include "services/echo.h"

#include "mote/testing/method_call.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using Pairs = std::vector<std::pair<std::string, std::string>>;

const std::array kServices = {services::echo()};
const rpc::Server kServer{.services = rpc::ServiceTable(kServices)};

struct EchoCall : testing::MethodCall {
  explicit EchoCall(const std::string& name)
      : MethodCall(*kServer.services.find_method("/echo.Echo/" + name), kServer) {}

  [[nodiscard]] Lines texts() const {
    Lines lines;
    for (const std::string& reply : call.replies)
      lines.push_back(reply_text(reply));
    return lines;
  }
};

echo_EchoRequest timed(std::string_view text, std::uint32_t count = 0) {
  echo_EchoRequest request = echo_request(text, count);
  request.timing = true;
  return request;
}

void test_the_table(void**) {
  assert_true(kServices[0].name == "echo.Echo");
  const auto kind = [](const char* path) { return kServer.services.find_method(path)->kind; };
  assert_true(kind("/echo.Echo/Reply") == rpc::Kind::Unary);
  assert_true(kind("/echo.Echo/ReplyStream") == rpc::Kind::ServerStreaming);
  assert_true(kind("/echo.Echo/Collect") == rpc::Kind::ClientStreaming);
  assert_true(kind("/echo.Echo/Chat") == rpc::Kind::BidiStreaming);
}

// --- Reply ---

void test_reply(void**) {
  for (const char* text : {"hello", "", "gr\xc3\xbc\xc3\x9f"}) {
    EchoCall echo("Reply");
    echo.open();
    echo.request(echo_request(text));
    expect(echo.texts(), {"You said: " + std::string(text)});
    assert_true(echo.call.status == rpc::StatusCode::Ok);
  }
}

// Byte for byte what the article's server sends.
void test_a_plain_reply_has_only_its_message(void**) {
  EchoCall echo("Reply");
  echo.open();
  echo.request(echo_request("hi", 7, 9));
  expect(echo.call.replies, {"\x0a\x0cYou said: hi"});
}

void test_the_caller(void**) {
  EchoCall nobody("Reply");
  nobody.call.request_metadata = {{"x-caller", "?"}};
  nobody.call.caller.set_address("unix:");
  nobody.open();
  nobody.request(echo_request("hi"));
  assert_true((nobody.call.initial == Pairs{{"x-caller-address", "unix:"}, {"x-caller-encrypted", "no"}}));
  assert_true(nobody.call.trailing.empty());
  EchoCall echo("Chat");
  echo.call.request_metadata = {{"x-caller", ""}};
  echo.call.caller.set_address("[::1]:7");
  echo.call.caller.encrypted = true;
  echo.call.caller.certificate_name = "pump";
  echo.call.caller.psk_identity = "key";
  echo.call.caller.token_name = "token";
  echo.call.caller.uid = 0;
  echo.open();
  assert_true((echo.call.initial == Pairs{{"x-caller-address", "[::1]:7"},
                                          {"x-caller-encrypted", "yes"},
                                          {"x-caller-certificate", "pump"},
                                          {"x-caller-psk", "key"},
                                          {"x-caller-token", "token"},
                                          {"x-caller-uid", "0"}}));
  EchoCall user("Chat");
  user.call.request_metadata = {{"x-caller", ""}};
  user.call.caller.uid = UINT32_MAX;
  user.open();
  assert_true(user.call.initial.back() == std::pair(std::string("x-caller-uid"), std::string("4294967295")));
}

// --- Every method: timing, metadata ---

void test_timing_is_present_if_requested(void**) {
  for (const char* method : {"Reply", "ReplyStream", "Chat"}) {
    EchoCall echo(method);
    echo.call.received_us = 1'000'000;
    echo.call.wall_us = 1'000'123;
    echo.open();
    echo.request(timed("t"));
    const auto reply = echo.call.reply<echo_EchoReply>(0);
    assert_true(reply.has_timing);
    assert_int_equal(reply.timing.received_us, 1'000'000);
    assert_int_equal(reply.timing.sent_us, 1'000'123);

    EchoCall plain(method);
    plain.open();
    plain.request(echo_request("t"));
    assert_false(plain.call.reply<echo_EchoReply>(0).has_timing);
  }
}

void test_echoed_metadata(void**) {
  const Pairs mine = {{"x-echo-a", "1"}, {"x-echo-b-bin", "AAEC"}, {"x-echo-a", "2"}};
  for (const char* method : {"Reply", "ReplyStream", "Collect", "Chat"}) {
    EchoCall echo(method);
    echo.call.request_metadata = {mine[0], {"other", "o"}, mine[1], {"x-ech", "o"}, mine[2], {"ax-echo-", "o"}};
    echo.open();
    echo.request(echo_request("m"));
    echo.half_close();
    assert_true(echo.call.status == rpc::StatusCode::Ok);
    assert_true(echo.call.initial == mine);
    assert_true(echo.call.trailing == mine);
    assert_false(echo.call.initial_was_late);
  }
}

// Wherever memory ends, the call ends once and in order.
void test_no_memory(void**) {
  for (const char* method : {"Reply", "ReplyStream", "Collect", "Chat"}) {
    std::size_t memory = 0;
    for (bool enough = false; !enough; ++memory) {
      EchoCall echo(method);
      echo.call.memory = memory;
      echo.call.request_metadata = {{"x-echo-a", "1"}};
      echo.open();
      echo.request(echo_request("m", 3));
      echo.half_close();
      echo.ready();
      assert_true(echo.call.finished());
      enough = echo.call.status == rpc::StatusCode::Ok;
      if (!enough) assert_true(echo.call.status == rpc::StatusCode::ResourceExhausted);
    }
    assert_true(memory > 2);
  }
}

// --- ReplyStream ---

void test_a_stream_of_replies(void**) {
  EchoCall echo("ReplyStream");
  echo.open();
  echo.request(echo_request("s", 3));
  expect(echo.texts(), {"1 You said: s", "2 You said: s", "3 You said: s"});
  assert_true(echo.call.status == rpc::StatusCode::Ok);
  assert_false(echo.call.wakes.has_value());
}

void test_a_count_of_0_is_one_reply(void**) {
  EchoCall echo("ReplyStream");
  echo.open();
  echo.request(echo_request("s"));
  expect(echo.texts(), {"1 You said: s"});
  assert_true(echo.call.finished());
}

void test_replies_keep_their_interval(void**) {
  EchoCall echo("ReplyStream");
  echo.call.clock = 50s;
  echo.open();
  echo.request(echo_request("p", 4, 250));
  for (std::size_t sent = 1; sent < 4; ++sent) {
    assert_int_equal(echo.call.replies.size(), sent);
    assert_true(echo.call.wakes == 50s + sent * 250ms);
    echo.ready();  // For no reason, too early.
    assert_int_equal(echo.call.replies.size(), sent);
    assert_true(echo.sleep());
  }
  assert_int_equal(echo.call.replies.size(), 4);
  assert_true(echo.call.status == rpc::StatusCode::Ok);
}

// One that was woken late does not make the others late.
void test_replies_do_not_drift(void**) {
  EchoCall echo("ReplyStream");
  echo.call.clock = 100ms;
  echo.open();
  echo.request(echo_request("p", 4, 250));
  for (int sent = 1; sent < 4; ++sent) {
    assert_true(echo.call.wakes == 100ms + sent * 250ms);
    echo.call.clock = 100ms + sent * 250ms + 30ms;
    assert_true(echo.sleep());
  }
  assert_true(echo.call.finished());
}

// One that was congested for some intervals sends no burst.
void test_replies_keep_their_interval_after_congestion(void**) {
  for (const rpc::Time congested : {rpc::Time(500ms), rpc::Time(2s)}) {
    EchoCall echo("ReplyStream");
    echo.call.clock = 50s;
    echo.call.room = 1;
    echo.open();
    echo.request(echo_request("p", 5, 250));
    echo.call.clock = 50s + congested;
    echo.call.room = 10;
    echo.ready();
    assert_int_equal(echo.call.replies.size(), 2);
    assert_true(echo.call.wakes == 50s + congested + 250ms);
  }
}

void test_a_congested_stream_waits_for_its_peer(void**) {
  EchoCall echo("ReplyStream");
  echo.call.room = 2;
  echo.open();
  echo.request(echo_request("c", 5));
  assert_int_equal(echo.call.replies.size(), 2);
  assert_false(echo.call.finished());
  assert_false(echo.call.wakes.has_value());
  echo.ready();
  assert_int_equal(echo.call.replies.size(), 2);
  echo.call.room = 1;
  echo.ready();
  assert_int_equal(echo.call.replies.size(), 3);
  echo.call.room = 10;
  echo.ready();
  assert_int_equal(echo.call.replies.size(), 5);
  assert_true(echo.call.status == rpc::StatusCode::Ok);
}

void test_the_last_reply_needs_no_room_to_end_the_call(void**) {
  EchoCall echo("ReplyStream");
  echo.call.room = 2;
  echo.open();
  echo.request(echo_request("c", 2));
  assert_true(echo.call.status == rpc::StatusCode::Ok);
}

void test_a_stream_before_its_request_does_nothing(void**) {
  EchoCall echo("ReplyStream");
  echo.open();
  echo.ready();
  assert_false(echo.call.finished());
  expect(echo.call.replies, {});
}

// --- Collect ---

void test_collect(void**) {
  EchoCall echo("Collect");
  echo.open();
  echo.call.clock = 10s;
  echo.request(echo_request("four"));
  echo.call.clock = 12s;
  echo.request(echo_request(""));
  echo.request(echo_request("ab"));
  expect(echo.call.replies, {});
  echo.call.clock = 13s;
  echo.half_close();
  const auto summary = echo.call.reply<echo_EchoSummary>(0);
  assert_int_equal(summary.messages, 3);
  assert_int_equal(summary.bytes, 6);
  assert_int_equal(summary.duration_us, 3'000'000);
  assert_true(echo.call.status == rpc::StatusCode::Ok);
}

void test_collect_of_nothing(void**) {
  EchoCall echo("Collect");
  echo.open();
  echo.call.clock = 13s;
  echo.half_close();
  expect(echo.call.replies, {""});
  assert_true(echo.call.status == rpc::StatusCode::Ok);
}

// --- Chat ---

void test_chat(void**) {
  EchoCall echo("Chat");
  echo.open();
  echo.request(echo_request("a"));
  expect(echo.texts(), {"1 You said: a"});
  echo.request(echo_request("b"));
  expect(echo.texts(), {"1 You said: a", "2 You said: b"});
  assert_false(echo.call.finished());
  echo.half_close();
  assert_true(echo.call.status == rpc::StatusCode::Ok);
}

// --- Bad requests ---

void test_bad_requests(void**) {
  for (const char* method : {"Reply", "ReplyStream", "Collect", "Chat"}) {
    EchoCall echo(method);
    echo.open();
    echo.message(
        "\x0a\x05"
        "abc");
    assert_true(echo.call.status == rpc::StatusCode::Internal);
    assert_string_equal(echo.call.status_message.c_str(), "length beyond the end");
    expect(echo.call.replies, {});
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_table),
      cmocka_unit_test(test_reply),
      cmocka_unit_test(test_a_plain_reply_has_only_its_message),
      cmocka_unit_test(test_the_caller),
      cmocka_unit_test(test_timing_is_present_if_requested),
      cmocka_unit_test(test_echoed_metadata),
      cmocka_unit_test(test_no_memory),
      cmocka_unit_test(test_a_stream_of_replies),
      cmocka_unit_test(test_a_count_of_0_is_one_reply),
      cmocka_unit_test(test_replies_keep_their_interval),
      cmocka_unit_test(test_replies_do_not_drift),
      cmocka_unit_test(test_replies_keep_their_interval_after_congestion),
      cmocka_unit_test(test_a_congested_stream_waits_for_its_peer),
      cmocka_unit_test(test_the_last_reply_needs_no_room_to_end_the_call),
      cmocka_unit_test(test_a_stream_before_its_request_does_nothing),
      cmocka_unit_test(test_collect),
      cmocka_unit_test(test_collect_of_nothing),
      cmocka_unit_test(test_chat),
      cmocka_unit_test(test_bad_requests),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
