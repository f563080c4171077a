// Requests that the gateway refuses because of their header section, and requests that are not gRPC calls.
#include <algorithm>

#include "ask.h"
#include "engine/lean/stream_call.h"
#include "engine/log.h"
#include "support/echo_text.h"
#include "support/logged.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::Limits;

Block head(std::string_view method, std::string_view path,
           std::initializer_list<std::pair<std::string_view, std::string_view>> more = {}) {
  Block block;
  block.literal(":method", method).literal(":scheme", "http").literal(":path", path);
  for (const auto& [name, value] : more)
    block.literal(name, value);
  return block;
}

// --- Refused heads ---

void test_unknown_services_and_methods_are_named(void**) {
  expect_trailers_only(ask(FrameScript().headers(1, echo_head("Sing"), kEndAll)),
                       {"grpc-status: 12", "grpc-message: unknown method Sing of service echo.Echo"});
  const auto te = std::pair<std::string_view, std::string_view>("te", "trailers");
  const auto type = std::pair<std::string_view, std::string_view>("content-type", "application/grpc");
  expect_trailers_only(ask(FrameScript().headers(1, head("POST", "/a.B/C", {te, type}), kEndAll)),
                       {"grpc-status: 12", "grpc-message: unknown service a.B"});
  expect_trailers_only(ask(FrameScript().headers(1, head("POST", "/%/C", {te, type}), kEndAll)),
                       {"grpc-status: 12", "grpc-message: unknown service %25"});
}

void test_a_head_without_te_or_with_a_malformed_timeout(void**) {
  const auto type = std::pair<std::string_view, std::string_view>("content-type", "application/grpc");
  expect_trailers_only(ask(FrameScript().headers(1, head("POST", "/echo.Echo/Reply", {type}), kEndAll)),
                       {"grpc-status: 13", "grpc-message: \"te: trailers\" is missing: a proxy may discard trailers"});
  expect_trailers_only(ask(FrameScript().headers(1, echo_head("Reply", {{"grpc-timeout", "soon"}}), kEndAll)),
                       {"grpc-status: 13", "grpc-message: malformed grpc-timeout"});
}

std::string malformed(std::string_view name, std::string_view reason) {
  return "grpc-message: malformed header field \"" + std::string(name) + "\": " + std::string(reason);
}

// RFC 9113 8.1.1: the caller gets a status before the stream is reset.
void test_a_malformed_field_is_named(void**) {
  const std::string characters = "its value contains NUL, CR or LF";
  const std::string blank = "its value begins or ends with whitespace";
  for (std::string_view value : {std::string_view("a\nb"), std::string_view("\r"), std::string_view("a\0", 2)}) {
    const Answer answer = ask(FrameScript().headers(1, echo_head("Reply", {{"x-note", value}})).data(1, "late"));
    expect_trailers_only(answer, {"grpc-status: 13", malformed("x-note", characters)});
    assert_string_equal(answer.reset.c_str(), "PROTOCOL_ERROR");
  }
  const Answer ended = ask(FrameScript().headers(1, echo_head("Reply", {{"user-agent", "u "}}), kEndAll));
  expect_trailers_only(ended, {"grpc-status: 13", malformed("user-agent", blank)});
  assert_string_equal(ended.reset.c_str(), "");
  const Answer second =
      ask(FrameScript().headers(1, echo_head("Reply", {{"X", "1"}, {"a", "\n"}, {"b", "2"}}), kEndAll));
  expect_trailers_only(second,
                       {"grpc-status: 13", malformed("X", "its name is empty or has a character that is not allowed")});
  // The content type may follow the malformed field.
  Block block = head("POST", "/echo.Echo/Reply", {{"a", "\n"}, {"content-type", "application/grpc"}});
  expect_trailers_only(ask(FrameScript().headers(1, block, kEndAll)), {"grpc-status: 13", malformed("a", characters)});
  // The content type itself is malformed.
  Block typed = head("POST", "/echo.Echo/Reply", {{"te", "trailers"}, {"content-type", "application/grpc "}});
  expect_trailers_only(ask(FrameScript().headers(1, typed, kEndAll)),
                       {"grpc-status: 13", malformed("content-type", blank)});
  Block incomplete;
  incomplete.literal(":method", "POST").literal(":path", "/").literal("content-type", "application/grpc");
  expect_trailers_only(ask(FrameScript().headers(1, incomplete, kEndAll)),
                       {"grpc-status: 13",
                        "grpc-message: malformed request: pseudo-header fields are missing or contradict each other"});
}

void test_a_malformed_field_without_grpc_content_type_is_reset(void**) {
  for (const Block& block : {head("GET", "/", {{"a", "\n"}}), head("POST", "/", {{"a", "\n"}}),
                             head("GET", "/", {{"content-type", "application/grpc "}})}) {
    const Answer answer = ask(FrameScript().headers(1, block, kEndAll));
    expect(answer.head, {});
    assert_string_equal(answer.reset.c_str(), "PROTOCOL_ERROR");
  }
}

void test_malformed_trailers_end_the_call(void**) {
  const Answer answer = ask(FrameScript()
                                .headers(1, echo_head("Collect"))
                                .data(1, echo_data("a"))
                                .headers(1, Block().literal("x-late", "a\nb"), kEndAll));
  expect_trailers_only(answer, {"grpc-status: 13", malformed("x-late", "its value contains NUL, CR or LF")});
}

// Neither a request that is not a call, nor a call whose end waits for the window, gets another status.
void test_malformed_trailers_behind_the_end_reset(void**) {
  for (const bool call : {false, true}) {
    LeanLoop loop;
    const auto client = loop.connect();
    client->send(hello().settings({{4, 0}}).settings_ack());
    if (call) client->send(FrameScript().headers(1, echo_head("Reply")).data(1, echo_data("a")));
    if (!call) client->send(FrameScript().headers(1, head("GET", "/", {{"content-type", "application/grpc"}})));
    loop.settle();
    client->send(FrameScript().headers(1, Block().literal("x-late", "a\nb"), kEndAll));
    loop.settle();
    assert_string_equal(client->answer(1).reset.c_str(), "PROTOCOL_ERROR");
    assert_string_equal(client->answer(1).status().c_str(), "none");
    assert_int_equal(loop.open_calls(), 0);
    loop.finish();
  }
}

// The value may be secret, and is not logged.
void test_a_malformed_field_is_logged(void**) {
  const std::string text = logged([] {
    ask(FrameScript().headers(1, echo_head("Reply", {{"x-\xff", "secret"}, {"a", "\nsecret"}}), kEndAll));
  });
  const std::string want = "reason=\"its name is empty or has a character that is not allowed\" field=\"x-\\xff\"\n";
  assert_true(text.starts_with("<4>level=warn event=malformed-request peer="));
  assert_true(text.ends_with(" stream=1 " + want));
  assert_int_equal(std::count(text.begin(), text.end(), '\n'), 1);
  assert_true(text.find("secret") == std::string::npos);
}

// A refusal with a message spends as much of the budget as one without.
void test_malformed_requests_spend_resets(void**) {
  LeanLoop loop(limits([](Limits& chosen) { chosen.reset_budget = 5; }));
  const auto client = loop.connect_ready();
  FrameScript script;
  for (std::uint32_t stream = 1; stream <= 13; stream += 2)
    script.headers(stream, echo_head("Reply", {{"a", "\n"}}));
  client->send(script);
  loop.settle();
  for (std::uint32_t stream = 1; stream <= 9; stream += 2)
    assert_string_equal(client->answer(stream).status().c_str(), "13");
  const Lines control = client->control();
  assert_string_equal(control.back().c_str(), "GOAWAY 11 ENHANCE_YOUR_CALM too many resets");
  loop.finish();
}

// The name of the service is cut after its space.
void test_a_status_message_that_ends_with_a_space(void**) {
  const std::string name(63, 's');
  const Answer answer = ask(FrameScript().headers(
      1, head("POST", "/" + name + " t/Reply", {{"te", "trailers"}, {"content-type", "application/grpc"}}), kEndAll));
  expect_trailers_only(answer, {"grpc-status: 12", "grpc-message: unknown service " + name + "%20"});
}

void expect_plain(const Answer& answer, const Lines& fields, std::string_view text) {
  expect(answer.head, fields);
  assert_true(answer.data.starts_with(text));
  assert_true(answer.ended);
  expect(answer.trailers, {});
}

void test_a_request_without_grpc_content_type_gets_a_page(void**) {
  const std::string type = "content-type: text/plain; charset=utf-8";
  expect_plain(ask(FrameScript().headers(1, head("GET", "/"), kEndAll)), {":status: 200", type},
               "This is mote-gateway");
  expect_plain(ask(FrameScript().headers(1, head("HEAD", "/"), kEndAll)), {":status: 200", type}, "");
  assert_string_equal(ask(FrameScript().headers(1, head("HEAD", "/"), kEndAll)).data.c_str(), "");
  expect_plain(ask(FrameScript().headers(1, head("GET", "/favicon.ico"), kEndAll)), {":status: 404", type}, "404");
  expect_plain(ask(FrameScript().headers(1, head("GET", "/echo.Echo/Reply"), kEndAll)),
               {":status: 405", type, "allow: POST"}, "405");
  expect_plain(ask(FrameScript().headers(1, head("DELETE", "/"), kEndAll)), {":status: 405", type, "allow: POST"},
               "405");
  expect_plain(ask(FrameScript().headers(1, head("POST", "/echo.Echo/Reply", {{"content-type", "text/xml"}}), kEndAll)),
               {":status: 415", type}, "415");
}

void test_an_answer_before_the_end_of_the_request_is_followed_by_a_reset(void**) {
  const Answer refused = ask(FrameScript().headers(1, echo_head("Sing")));
  assert_string_equal(refused.status().c_str(), "12");
  assert_true(refused.ended);
  assert_string_equal(refused.reset.c_str(), "NO_ERROR");
}

// --- Requests that are not gRPC calls ---

void test_a_request_that_is_not_a_call_is_answered_at_its_end(void**) {
  const std::pair<Block, std::string> requests[] = {
      {head("GET", "/"), ":status: 200"},
      {head("HEAD", "/"), ":status: 200"},
      {head("GET", "/favicon.ico"), ":status: 404"},
      {head("PUT", "/"), ":status: 405"},
      {head("POST", "/"), ":status: 415"},
  };
  const FrameScript ends[] = {
      FrameScript().data(1, "", http2::kEndStream),
      FrameScript().data(1, "the last bytes", http2::kEndStream),
      FrameScript().padded_data(1, "the last bytes", 9, http2::kEndStream),
      FrameScript().headers(1, Block().literal("a", "trailer"), kEndAll),
  };
  for (const auto& [block, status] : requests) {
    for (const FrameScript& end : ends) {
      LeanLoop loop;
      const auto client = loop.connect_ready();
      client->send(FrameScript().headers(1, block).data(1, "any content"));
      loop.settle();
      expect(client->answer(1).head, {});
      assert_int_equal(loop.open_calls(), 1);
      client->send(end);
      loop.settle();
      const Answer& answer = client->answer(1);
      assert_string_equal(answer.head.at(0).c_str(), status.c_str());
      assert_true(answer.ended);
      assert_string_equal(answer.reset.c_str(), "");
      assert_int_equal(loop.open_calls(), 0);
      assert_int_equal(loop.used_blocks(), 0);
      loop.finish();
    }
  }
}

// An error in the rest of a request replaces the answer.
void test_errors_in_the_rest_of_a_request_that_is_not_a_call(void**) {
  const auto length = std::pair<std::string_view, std::string_view>("content-length", "4");
  const std::pair<FrameScript, std::string> errors[] = {
      {FrameScript().headers(1, head("POST", "/", {length})).data(1, "12345"), "PROTOCOL_ERROR"},
      {FrameScript().headers(1, head("POST", "/", {length})).data(1, "123", http2::kEndStream), "PROTOCOL_ERROR"},
      {FrameScript().headers(1, head("GET", "/")).headers(1, Block().literal("a", "b")), "PROTOCOL_ERROR"},
      {FrameScript().headers(1, head("GET", "/")).headers(1, Block().literal(":path", "/"), kEndAll), "PROTOCOL_ERROR"},
      {FrameScript().headers(1, head("GET", "/")).window_update(1, 0), "PROTOCOL_ERROR"},
      {FrameScript().headers(1, head("GET", "/")).window_update(1, 0x7fffffff), "FLOW_CONTROL_ERROR"},
      {FrameScript().headers(1, head("GET", "/")).rst_stream(1, http2::ErrorCode::Cancel).data(1, "x"),
       "STREAM_CLOSED"},
  };
  for (const auto& [script, code] : errors) {
    const Answer answer = ask(script);
    assert_string_equal(answer.reset.c_str(), code.c_str());
    expect(answer.head, {});
  }
}

// The window of such a request is HTTP/2's default, regardless of stream-window-bytes: a frame of any allowed size fits, even if
// the peer does not wait for WINDOW_UPDATE, such as h2spec. The window is granted again as content is discarded.
void test_a_request_that_is_not_a_call_may_be_long(void**) {
  const std::string frame(http2::kDefaultMaxFrameBytes, 'x');
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, head("POST", "/")));
  for (int i = 0; i < 100; ++i) {
    client->send(FrameScript().data(1, frame));
    loop.settle();
    expect({client->answer(1).reset}, {""});
    assert_int_equal(loop.used_blocks(), 0);
  }
  client->send(FrameScript().data(1, frame, http2::kEndStream));
  loop.settle();
  expect({client->answer(1).head.at(0), client->answer(1).reset}, {":status: 415", ""});
  loop.finish();
}

void test_the_window_of_a_request_that_is_not_a_call(void**) {
  LeanLoop loop(limits([](Limits& chosen) { chosen.stream_window_bytes = 2048; }));
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, head("POST", "/")));
  loop.settle();
  expect(client->control(), {"WINDOW_UPDATE 1 +63487"});
  client->close();
  loop.settle();
  loop.finish();
}

void test_headers_above_the_limits_are_refused(void**) {
  const Limits few = limits([](Limits& chosen) { chosen.max_header_fields = 8; });
  const Answer fields =
      ask(FrameScript().headers(1, echo_head("Reply", {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}), kEndAll), few);
  expect_trailers_only(fields, {"grpc-status: 8", "grpc-message: request metadata exceeds 8192 bytes or 8 fields"});
  const Answer bytes =
      ask(FrameScript().headers(1, echo_head("Reply", {{"x-echo-long", std::string(8192, 'l')}}), kEndAll));
  assert_string_equal(bytes.status().c_str(), "8");
}

}  // namespace

int main() {
  engine::set_log_rate(1000);  // Many tests cause the same line.
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_unknown_services_and_methods_are_named),
      cmocka_unit_test(test_a_head_without_te_or_with_a_malformed_timeout),
      cmocka_unit_test(test_a_malformed_field_is_named),
      cmocka_unit_test(test_a_malformed_field_without_grpc_content_type_is_reset),
      cmocka_unit_test(test_malformed_trailers_end_the_call),
      cmocka_unit_test(test_malformed_trailers_behind_the_end_reset),
      cmocka_unit_test(test_a_malformed_field_is_logged),
      cmocka_unit_test(test_malformed_requests_spend_resets),
      cmocka_unit_test(test_a_status_message_that_ends_with_a_space),
      cmocka_unit_test(test_a_request_without_grpc_content_type_gets_a_page),
      cmocka_unit_test(test_an_answer_before_the_end_of_the_request_is_followed_by_a_reset),
      cmocka_unit_test(test_a_request_that_is_not_a_call_is_answered_at_its_end),
      cmocka_unit_test(test_errors_in_the_rest_of_a_request_that_is_not_a_call),
      cmocka_unit_test(test_a_request_that_is_not_a_call_may_be_long),
      cmocka_unit_test(test_the_window_of_a_request_that_is_not_a_call),
      cmocka_unit_test(test_headers_above_the_limits_are_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
