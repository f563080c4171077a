// One call over a connection: heads, messages and answers, good and bad.
#include "engine/lean/stream_call.h"

#include <algorithm>

#include "echo.pb.h"
#include "engine/log.h"
#include "mote/rpc/service.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"
#include "support/logged.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::LimitId;
using engine::Limits;

Block head(std::string_view method, std::string_view path,
           std::initializer_list<std::pair<std::string_view, std::string_view>> more = {}) {
  Block block;
  block.literal(":method", method).literal(":scheme", "http").literal(":path", path);
  for (const auto& [name, value] : more)
    block.literal(name, value);
  return block;
}

// Sends `script` on a fresh connection, settles, and gives what came on stream 1; nothing may be left open or taken.
Answer ask(const FrameScript& script, const Limits& chosen = limits()) {
  LeanLoop loop(chosen);
  const auto client = loop.connect_ready();
  client->send(script);
  loop.settle();
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  Answer answer = client->answer(1);
  loop.finish();
  return answer;
}

// Head and trailers in one, and nothing else.
void expect_trailers_only(const Answer& answer, const Lines& fields) {
  Lines all = {":status: 200", "content-type: application/grpc"};
  all.insert(all.end(), fields.begin(), fields.end());
  expect(answer.head, all);
  expect(answer.trailers, {});
  assert_string_equal(answer.data.c_str(), "");
  assert_true(answer.ended);
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

void test_a_head_that_is_not_grpcs(void**) {
  const auto type = std::pair<std::string_view, std::string_view>("content-type", "application/grpc");
  expect_trailers_only(ask(FrameScript().headers(1, head("POST", "/echo.Echo/Reply", {type}), kEndAll)),
                       {"grpc-status: 13", "grpc-message: \"te: trailers\" is missing: a proxy may discard trailers"});
  expect_trailers_only(ask(FrameScript().headers(1, echo_head("Reply", {{"grpc-timeout", "soon"}}), kEndAll)),
                       {"grpc-status: 13", "grpc-message: malformed grpc-timeout"});
}

std::string malformed(std::string_view name, std::string_view reason) {
  return "grpc-message: malformed header field \"" + std::string(name) + "\": " + std::string(reason);
}

// RFC 9113 8.1.1: the caller is told before the stream is reset.
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
  // The content type may come behind the malformed field.
  Block block = head("POST", "/echo.Echo/Reply", {{"a", "\n"}, {"content-type", "application/grpc"}});
  expect_trailers_only(ask(FrameScript().headers(1, block, kEndAll)), {"grpc-status: 13", malformed("a", characters)});
  // A content type that is malformed itself.
  Block typed = head("POST", "/echo.Echo/Reply", {{"te", "trailers"}, {"content-type", "application/grpc "}});
  expect_trailers_only(ask(FrameScript().headers(1, typed, kEndAll)),
                       {"grpc-status: 13", malformed("content-type", blank)});
  Block incomplete;
  incomplete.literal(":method", "POST").literal(":path", "/").literal("content-type", "application/grpc");
  expect_trailers_only(ask(FrameScript().headers(1, incomplete, kEndAll)),
                       {"grpc-status: 13",
                        "grpc-message: malformed request: pseudo-header fields are missing or contradict each other"});
}

void test_those_who_do_not_speak_grpc_get_a_reset_for_a_malformed_field(void**) {
  const Answer answer = ask(FrameScript().headers(1, head("GET", "/", {{"a", "\n"}}), kEndAll));
  expect(answer.head, {});
  assert_string_equal(answer.reset.c_str(), "PROTOCOL_ERROR");
}

void test_malformed_trailers_end_the_call(void**) {
  const Answer answer = ask(FrameScript()
                                .headers(1, echo_head("Collect"))
                                .data(1, echo_data("a"))
                                .headers(1, Block().literal("x-late", "a\nb"), kEndAll));
  expect_trailers_only(answer, {"grpc-status: 13", malformed("x-late", "its value contains NUL, CR or LF")});
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

// A refusal with a message costs the peer as much as one without.
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

// The name of the service is cut behind its space.
void test_a_message_that_ends_with_a_space(void**) {
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

void test_those_who_do_not_speak_grpc_get_a_page(void**) {
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

void test_an_answer_before_the_requests_end_is_followed_by_a_reset(void**) {
  const Answer refused = ask(FrameScript().headers(1, echo_head("Sing")));
  assert_string_equal(refused.status().c_str(), "12");
  assert_true(refused.ended);
  assert_string_equal(refused.reset.c_str(), "NO_ERROR");
}

// --- Requests that are no gRPC calls ---

void test_a_request_that_is_no_call_is_answered_when_it_ends(void**) {
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
      client->send(FrameScript().headers(1, block).data(1, "content, whatever it is"));
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

// What is wrong with the rest of a request is the answer.
void test_errors_in_the_rest_of_a_request_that_is_no_call(void**) {
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

// The window of such a request is HTTP/2's default, whatever stream-window-bytes is: a frame of any size that HTTP/2 allows
// fits, also where the peer does not wait for WINDOW_UPDATE, as h2spec does not. It is topped up as content is discarded.
void test_a_request_that_is_no_call_may_be_long(void**) {
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

void test_headers_past_the_limits(void**) {
  const Limits few = limits([](Limits& chosen) { chosen.max_header_fields = 8; });
  const Answer fields =
      ask(FrameScript().headers(1, echo_head("Reply", {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}), kEndAll), few);
  expect_trailers_only(fields, {"grpc-status: 8", "grpc-message: request metadata exceeds 8192 bytes or 8 fields"});
  const Answer bytes =
      ask(FrameScript().headers(1, echo_head("Reply", {{"x-echo-long", std::string(8192, 'l')}}), kEndAll));
  assert_string_equal(bytes.status().c_str(), "8");
}

// --- Metadata ---

void test_metadata_comes_back_both_ways(void**) {
  const Answer answer =
      ask(echo_call(1, "Reply", echo_data("a"),
                    {{"x-echo-one", "1"}, {"other", "o"}, {"x-echo-two-bin", "AAEC"}, {"x-echo-one", ""}}));
  const Lines mine = {"x-echo-one: 1", "x-echo-two-bin: AAEC", "x-echo-one: "};
  Lines want = {":status: 200", "content-type: application/grpc"};
  want.insert(want.end(), mine.begin(), mine.end());
  expect(answer.head, want);
  want = {"grpc-status: 0"};
  want.insert(want.end(), mine.begin(), mine.end());
  expect(answer.trailers, want);
}

void test_whitespace_around_metadata_is_trimmed(void**) {
  const Answer answer = ask(
      echo_call(1, "Reply", echo_data("a"), {{"x-echo-a", " \tb c\t"}, {"x-echo-b-bin", "AAEC "}, {"x-echo-d", " "}}));
  expect(answer.trailers, {"grpc-status: 0", "x-echo-a: b c", "x-echo-b-bin: AAEC", "x-echo-d: "});
}

struct NoService {};
using TestCall = rpc::BidiStreamingCall<NoService, echo_EchoReply>;

template <class Handler>
constexpr rpc::Method test_method(std::string_view path) {
  return rpc::streaming<NoService, Handler, echo_EchoRequest>(path, rpc::Kind::BidiStreaming);
}

// Adds its request's message as the value of x-note, or as the name of a field when the message begins with '='.
class Noting : public TestCall {
 public:
  void on_message(const echo_EchoRequest& request) {
    std::string text(mote_bytes_size(&request.message), '\0');
    mote_bytes_copy(&request.message, text.data(), text.size());
    const bool name = text.starts_with('=');
    if (call().add_trailing_metadata(name ? text.substr(1) : "x-note", name ? "v" : text)) finish();
  }
  void on_half_close() {}
};

Lines noted(std::string_view text) {
  static constexpr std::array kMethods = {test_method<Noting>("/echo.Echo/Note")};
  const std::array services = {rpc::Service{"echo.Echo", kMethods}};
  LeanLoop loop(limits(), rpc::ServiceTable(services));
  const auto client = loop.connect_ready();
  client->send(echo_call(1, "Note", echo_data(text)));
  loop.settle();
  Lines fields = client->answer(1).head;
  loop.finish();
  return {fields.begin() + 2, fields.end()};
}

// RFC 9113 8.2.1: what a service adds follows the rules that hold for what is read.
void test_metadata_of_a_service_follows_the_rules(void**) {
  expect(noted("a \t b"), {"grpc-status: 0", "x-note: a \t b"});
  expect(noted(" \ta b "), {"grpc-status: 0", "x-note: a b"});
  const Lines refused = {"grpc-status: 13", "grpc-message: the metadata of the reply is malformed"};
  for (std::string_view bad : {"a\nb", "\r", "=", "=Upper", "=a b", "=a\n", "=a:b"})
    expect(noted(bad), refused);
}

void test_metadata_of_any_size_that_is_let_in(void**) {
  for (const std::size_t size : {500U, 1000U, 1021U, 1024U, 2000U, 4000U, 7000U, 7700U}) {
    const std::string value(size, 'v');
    const Answer answer = ask(echo_call(1, "Reply", echo_data("a"), {{"x-echo-a", value}, {"x-echo-b", "b"}}));
    assert_string_equal(answer.status().c_str(), "0");
    assert_true(answer.field("x-echo-a") == value);
    assert_true(answer.field("x-echo-b") == "b");
    expect(reply_texts(answer), {"You said: a"});
  }
}

// --- Messages ---

void expect_status(const FrameScript& script, std::string_view status, std::string_view message,
                   const Limits& chosen = limits()) {
  const Answer answer = ask(script, chosen);
  expect({answer.status(), answer.message()}, {std::string(status), std::string(message)});
  expect(answer.messages(), {});
}

FrameScript with_data(std::string_view data,
                      std::initializer_list<std::pair<std::string_view, std::string_view>> more = {}) {
  return echo_call(1, "Reply", data, more);
}

void test_messages_that_are_none(void**) {
  expect_status(with_data(framed("", 2)), "13", "the first byte of a message is neither 0 nor 1");
  expect_status(with_data(framed("x", 1)), "13", "a compressed message without grpc-encoding");
  expect_status(with_data(framed("\x0a\x05"
                                 "abc")),
                "13", "length beyond the end");
  expect_status(with_data(framed("\x0a\x01\xff")), "13", "invalid utf8");
  expect_status(with_data(""), "12", "the method requires one request message and received none");
  expect_status(with_data("\0\0"), "12", "the method requires one request message and received none");
  expect_status(with_data(std::string_view("\0\0", 2)), "13", "the last message is incomplete");
  expect_status(with_data(echo_data("abc").substr(0, 9)), "13", "the last message is incomplete");
  expect_status(FrameScript().headers(1, echo_head("Reply"), kEndAll), "12",
                "the method requires one request message and received none");
}

void test_compressed_messages_are_refused_with_what_would_be_understood(void**) {
  const Answer answer = ask(with_data(framed("x", 1), {{"grpc-encoding", "gzip"}}));
  expect_trailers_only(answer, {"grpc-accept-encoding: identity", "grpc-status: 12",
                                "grpc-message: compressed messages are not supported"});
  // The encoding may be named and left alone.
  assert_string_equal(ask(with_data(echo_data("x"), {{"grpc-encoding", "gzip"}})).status().c_str(), "0");
}

void test_messages_up_to_the_limit(void**) {
  const Limits small = limits([](Limits& chosen) { chosen.max_message_bytes = 1024; });
  const std::string most(1024 - 3, 'm');
  const Answer answer = ask(with_data(echo_data(most)), small);
  expect(reply_texts(answer), {"You said: " + most});
  expect_status(with_data(echo_data(most + "m")), "8", "request message of 1025 bytes exceeds the limit of 1024 bytes",
                small);
  // Its length is enough to know.
  FrameScript announced =
      FrameScript().headers(1, echo_head("Chat")).data(1, std::string_view("\0\xff\xff\xff\xff", 5));
  expect_status(announced, "8", "request message of 4294967295 bytes exceeds the limit of 1024 bytes", small);
}

void test_empty_messages_and_empty_data(void**) {
  const Answer one = ask(with_data(framed("")));
  expect(reply_texts(one), {"You said: "});
  FrameScript chat = FrameScript().headers(1, echo_head("Chat")).data(1, "").data(1, framed("") + framed(""));
  chat.padded_data(1, framed(""), 7).data(1, "", http2::kEndStream);
  const Answer three = ask(chat);
  expect(reply_texts(three), {"1 You said: ", "2 You said: ", "3 You said: "});
  assert_string_equal(three.status().c_str(), "0");
}

void test_messages_in_any_split(void**) {
  const std::string data = echo_data("one") + echo_data("") + echo_data(std::string(40, '3'));
  for (std::size_t piece = 1; piece < data.size(); ++piece) {
    FrameScript script = FrameScript().headers(1, echo_head("Chat"));
    add_data(script, 1, data, true, piece);
    expect(reply_texts(ask(script)), {"1 You said: one", "2 You said: ", "3 You said: " + std::string(40, '3')});
  }
}

// A prefix alone takes memory for its message; when the message then comes whole, that goes back at once.
void test_what_a_prefix_reserves_goes_back_with_its_message(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  const std::string data = echo_data(std::string(3000, 'p'));
  client->send(FrameScript().headers(1, echo_head("Chat")).data(1, data.substr(0, 5)));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 3);
  client->send(FrameScript().data(1, data.substr(5)));
  loop.settle();
  assert_int_equal(client->answer(1).messages().size(), 1);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

void test_collect_counts(void**) {
  FrameScript script = FrameScript().headers(1, echo_head("Collect"));
  script.data(1, echo_data("ab") + echo_data("cde")).data(1, "", http2::kEndStream);
  const Answer answer = ask(script);
  expect(answer.messages(), {"\x08\x02\x10\x05"});
  assert_string_equal(answer.status().c_str(), "0");
}

// --- Handlers and their end ---

int handlers = 0;

class Counted : public TestCall {
 public:
  Counted() { ++handlers; }
  ~Counted() { --handlers; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  void on_message(const echo_EchoRequest& request) {
    assert_true(call().keep(request.message).has_value());
    wake_at(now() + std::chrono::seconds(5));
  }
  void on_half_close() {}
  void on_ready() { fail(Aborted, "awake"); }
};

constexpr std::array kCountedMethods = {test_method<Counted>("/echo.Echo/Counted")};
constexpr std::array kCountedServices = {rpc::Service{"echo.Echo", kCountedMethods}};

// Whatever ends a call ends its handler, frees its memory and stops its timers at once.
void test_every_end_of_a_call_frees_it(void**) {
  for (const int way : {0, 1, 2, 3}) {
    LeanLoop loop(limits(), rpc::ServiceTable(kCountedServices));
    const auto client = loop.connect_ready();
    client->send(FrameScript().headers(1, echo_head("Counted", {{"x", "y"}})).data(1, echo_data("keep me")));
    loop.settle();
    assert_int_equal(handlers, 1);
    assert_int_equal(loop.open_calls(), 1);
    assert_int_equal(loop.used_blocks(), 2);
    if (way == 0) client->send(FrameScript().rst_stream(1, http2::ErrorCode::Cancel));
    if (way == 1) client->close();
    if (way == 2)
      client->send(
          FrameScript().ping(1).goaway(0, http2::ErrorCode::NoError).frame_head(1, http2::FrameType::Ping, 0, 0));
    if (way == 3) loop.core().now += std::chrono::seconds(5);
    loop.settle();
    assert_int_equal(handlers, 0);
    assert_int_equal(loop.open_calls(), 0);
    assert_int_equal(loop.used_blocks(), 0);
    assert_true(loop.core().timers.size() <= 1);  // The connection's own.
    if (way == 3) assert_string_equal(client->answer(1).message().c_str(), "awake");
    loop.finish();
  }
}

constexpr auto kNoDevice = [](NoService& /*none*/, rpc::Call& call, const echo_EchoRequest& request, echo_EchoReply&) {
  const std::string name(mote_bytes_size(&request.message), 'd');
  return call.fail(NotFound, "no device " + name, ", request ", request.message);
};

rpc::Method failing() {
  static NoService service;
  rpc::Method method = rpc::unary<NoService, echo_EchoRequest, echo_EchoReply, kNoDevice>("/echo.Echo/Reply");
  method.service = &service;
  return method;
}

const std::array kFailingMethods = {failing()};
const std::array kFailingServices = {rpc::Service{"echo.Echo", kFailingMethods}};

// Its text is the handler's own, and the request's: both are gone when the peer takes the status.
void test_a_failure_says_what_the_handler_composed(void**) {
  LeanLoop loop(limits(), rpc::ServiceTable(kFailingServices));
  const auto client = loop.connect_ready();
  client->send(with_data(echo_data("four")));
  loop.settle();
  expect_trailers_only(client->answer(1), {"grpc-status: 5", "grpc-message: no device dddd, request four"});
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// Sends one reply, and ends the call five seconds later.
class Leaving : public TestCall {
 public:
  void on_message(const echo_EchoRequest& request) {
    echo_EchoReply reply{};
    reply.message = request.message;
    assert_true(send(reply));
    wake_at(now() + std::chrono::seconds(5));
  }
  void on_half_close() {}
  void on_ready() {
    if (now() > std::chrono::hours(1)) finish();
  }
};

constexpr std::array kLeavingMethods = {test_method<Leaving>("/echo.Echo/Leaving")};
constexpr std::array kLeavingServices = {rpc::Service{"echo.Echo", kLeavingMethods}};

// A finished call waits for the peer with its replies alone.
void test_a_finished_call_keeps_no_request(void**) {
  LeanLoop loop(limits(), rpc::ServiceTable(kLeavingServices));
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack().headers(1, echo_head("Leaving")));
  client->send(FrameScript().data(1, echo_data("one") + echo_data(std::string(5000, '2')).substr(0, 3000)));
  loop.settle();
  assert_true(loop.used_blocks() > 3);
  loop.pass(std::chrono::seconds(5));
  assert_int_equal(loop.open_calls(), 1);
  assert_int_equal(loop.used_blocks(), 1);
  client->send(FrameScript().window_update(1, 1000));
  loop.settle();
  expect(reply_texts(client->answer(1)), {"one"});
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

// Request metadata and text, and the trailers that are to come; not the initial metadata, which is out.
void test_a_stream_keeps_what_it_still_needs(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(echo_call(1, "ReplyStream", echo_data("a", 2, 1000), {{"x-echo-a", "b"}}));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 3);
  loop.pass(std::chrono::seconds(1));
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

void test_calls_past_the_limits_are_refused(void**) {
  const Limits few = limits([](Limits& chosen) {
    chosen.max_streams = 3;
    chosen.max_streams_per_connection = 2;
  });
  LeanLoop loop(few);
  const auto first = loop.connect_ready();
  const auto second = loop.connect_ready();
  const auto open = [](std::uint32_t stream) { return FrameScript().headers(stream, echo_head("Chat")); };
  first->send(open(1).raw(open(3).bytes()).raw(open(5).bytes()));
  second->send(open(1).raw(open(3).bytes()));
  loop.settle();
  assert_int_equal(loop.open_calls(), 3);
  assert_string_equal(first->answer(5).reset.c_str(), "REFUSED_STREAM");
  assert_string_equal(second->answer(3).reset.c_str(), "REFUSED_STREAM");
  assert_int_equal(loop.count(LimitId::MaxStreamsPerConnection), 1);
  assert_int_equal(loop.count(LimitId::MaxStreams), 1);
  first->close();
  loop.settle();
  second->send(open(5));
  loop.settle();
  assert_int_equal(loop.open_calls(), 2);
  loop.finish();
}

}  // namespace

int main() {
  engine::set_log_rate(1000);  // Many tests cause the same line.
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_unknown_services_and_methods_are_named),
      cmocka_unit_test(test_a_head_that_is_not_grpcs),
      cmocka_unit_test(test_a_malformed_field_is_named),
      cmocka_unit_test(test_those_who_do_not_speak_grpc_get_a_reset_for_a_malformed_field),
      cmocka_unit_test(test_malformed_trailers_end_the_call),
      cmocka_unit_test(test_a_malformed_field_is_logged),
      cmocka_unit_test(test_malformed_requests_spend_resets),
      cmocka_unit_test(test_a_message_that_ends_with_a_space),
      cmocka_unit_test(test_those_who_do_not_speak_grpc_get_a_page),
      cmocka_unit_test(test_an_answer_before_the_requests_end_is_followed_by_a_reset),
      cmocka_unit_test(test_a_request_that_is_no_call_is_answered_when_it_ends),
      cmocka_unit_test(test_errors_in_the_rest_of_a_request_that_is_no_call),
      cmocka_unit_test(test_a_request_that_is_no_call_may_be_long),
      cmocka_unit_test(test_headers_past_the_limits),
      cmocka_unit_test(test_metadata_comes_back_both_ways),
      cmocka_unit_test(test_whitespace_around_metadata_is_trimmed),
      cmocka_unit_test(test_metadata_of_a_service_follows_the_rules),
      cmocka_unit_test(test_metadata_of_any_size_that_is_let_in),
      cmocka_unit_test(test_messages_that_are_none),
      cmocka_unit_test(test_compressed_messages_are_refused_with_what_would_be_understood),
      cmocka_unit_test(test_messages_up_to_the_limit),
      cmocka_unit_test(test_empty_messages_and_empty_data),
      cmocka_unit_test(test_messages_in_any_split),
      cmocka_unit_test(test_what_a_prefix_reserves_goes_back_with_its_message),
      cmocka_unit_test(test_collect_counts),
      cmocka_unit_test(test_every_end_of_a_call_frees_it),
      cmocka_unit_test(test_a_failure_says_what_the_handler_composed),
      cmocka_unit_test(test_a_finished_call_keeps_no_request),
      cmocka_unit_test(test_a_stream_keeps_what_it_still_needs),
      cmocka_unit_test(test_calls_past_the_limits_are_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
