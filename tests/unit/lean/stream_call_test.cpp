// One call over a connection: metadata, messages, and the end of the handler.
#include "engine/lean/stream_call.h"

#include "ask.h"
#include "echo.pb.h"
#include "engine/refusals.h"
#include "mote/rpc/service.h"
#include "support/echo_text.h"
#include "support/taken_blocks.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::LimitId;
using engine::Limits;

// --- Metadata ---

void test_metadata_returns_as_initial_and_trailing_metadata(void**) {
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

// Adds the message of the request as the value of x-note, or if it begins with '=', as the name of a field. What cannot be added
// has finished the call.
class Noting : public TestCall {
 public:
  void on_message(const echo_EchoRequest& request) {
    std::string text(mote_bytes_size(&request.message), '\0');
    mote_bytes_copy(&request.message, text.data(), text.size());
    const bool name = text.starts_with('=');
    const bool added = call().add_trailing_metadata(name ? text.substr(1) : "x-note", name ? "v" : text);
    assert_int_equal(finished(), !added);
    if (added) finish();
  }
  void on_half_close() {}
};

Lines noted(std::string_view text, bool memory = true) {
  static constexpr std::array kMethods = {test_method<Noting>("/echo.Echo/Note")};
  const std::array services = {rpc::Service{"echo.Echo", kMethods}};
  LeanLoop loop(limits(), rpc::ServiceTable(services));
  const auto client = loop.connect_ready();
  FrameScript script = FrameScript().headers(1, echo_head("Note"));
  add_data(script, 1, echo_data(text), true);
  TakenBlocks taken(loop.core(), memory ? SIZE_MAX : 0);
  client->send(script);
  loop.settle();
  taken.release();
  Lines fields = client->answer(1).head;
  loop.finish();
  return {fields.begin() + 2, fields.end()};
}

// RFC 9113 8.2.1: metadata of a service follows the same rules as received metadata.
void test_metadata_of_a_service_follows_the_rules(void**) {
  expect(noted("a \t b"), {"grpc-status: 0", "x-note: a \t b"});
  expect(noted(" \ta b "), {"grpc-status: 0", "x-note: a b"});
  const Lines refused = {"grpc-status: 13", "grpc-message: the metadata of the reply is malformed"};
  for (std::string_view bad : {"a\nb", "\r", "=", "=Upper", "=a b", "=a\n", "=a:b"})
    expect(noted(bad), refused);
}

// The longer one does not fit in the buffer where a header block is made.
void test_metadata_of_a_service_above_the_limit(void**) {
  for (const std::size_t size : {std::size_t{8200}, lean::kComposeBytes + 1})
    expect(noted(std::string(size, 'v')),
           {"grpc-status: 8", "grpc-message: " + std::string(engine::kReplyMetadataTooLarge)});
}

void test_no_memory_for_metadata_of_a_service(void**) {
  expect(noted("a", false), {"grpc-status: 8", "grpc-message: the gateway has no memory for the status message"});
}

// Behind the size of the header table, the status is a byte.
void test_a_head_with_metadata_is_short(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  (void)client->text();
  client->send(echo_call(1, "Reply", echo_data("a"), {{"x-echo-a", "b"}}));
  loop.settle();
  assert_true(client->text().substr(http2::kFrameHeaderBytes).starts_with("\x20\x88"));
  loop.finish();
}

void test_metadata_of_any_size_within_the_limit(void**) {
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

void test_malformed_messages(void**) {
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

void test_a_refused_compressed_message_names_the_supported_encoding(void**) {
  const Answer answer = ask(with_data(framed("x", 1), {{"grpc-encoding", "gzip"}}));
  expect_trailers_only(answer, {"grpc-accept-encoding: identity", "grpc-status: 12",
                                "grpc-message: compressed messages are not supported"});
  // The encoding may be named but not used.
  assert_string_equal(ask(with_data(echo_data("x"), {{"grpc-encoding", "gzip"}})).status().c_str(), "0");
}

// Its length does not matter then.
void test_a_refused_compressed_message_reaches_no_other_limit(void**) {
  for (const auto& [encoding, status] : {std::pair("identity", "13"), std::pair("gzip", "12")}) {
    LeanLoop loop;
    const auto client = loop.connect_ready();
    client->send(FrameScript()
                     .headers(1, echo_head("Chat", {{"grpc-encoding", encoding}}))
                     .data(1, std::string_view("\1\xff\xff\xff\xff", 5)));
    loop.settle();
    assert_string_equal(client->answer(1).status().c_str(), status);
    assert_int_equal(loop.count(LimitId::MaxMessageBytes), 0);
    loop.finish();
  }
}

void test_each_message_of_a_stream_is_checked(void**) {
  expect({ask(FrameScript().headers(1, echo_head("Chat")).data(1, framed("") + framed("", 2))).message()},
         {"the first byte of a message is neither 0 nor 1"});
}

void test_messages_up_to_the_limit(void**) {
  const Limits small = limits([](Limits& chosen) { chosen.max_message_bytes = 1024; });
  const std::string most(1024 - 3, 'm');
  const Answer answer = ask(with_data(echo_data(most)), small);
  expect(reply_texts(answer), {"You said: " + most});
  expect_status(with_data(echo_data(most + "m")), "8", "request message of 1025 bytes exceeds the limit of 1024 bytes",
                small);
  // The length in the prefix is enough to refuse it.
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

// A prefix alone reserves memory for its message. If the message then arrives as a whole, the memory is released at once.
void test_the_memory_that_a_prefix_reserves_is_released_after_its_message(void**) {
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
int made = 0;

class Counted : public TestCall {
 public:
  Counted() {
    ++handlers;
    ++made;
  }
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

// Every end of a call ends its handler, releases its memory and stops its timers at once.
void test_every_end_of_a_call_releases_it(void**) {
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
    assert_true(loop.core().timers.size() <= 1);  // The timer of the connection.
    if (way == 3) assert_string_equal(client->answer(1).message().c_str(), "awake");
    loop.finish();
  }
}

void test_a_call_that_cannot_begin_has_no_handler(void**) {
  for (const bool late : {true, false}) {
    LeanLoop loop(limits(), rpc::ServiceTable(kCountedServices));
    const auto client = loop.connect_ready();
    TakenBlocks taken(loop.core(), late ? SIZE_MAX : 0);
    made = 0;
    client->send(FrameScript().headers(1, echo_head("Counted", {{late ? "grpc-timeout" : "x-kept", "0n"}})));
    loop.settle();
    assert_string_equal(client->answer(1).status().c_str(), late ? "4" : "8");
    assert_int_equal(made, 0);
    taken.release();
    loop.finish();
  }
}

int wakeups = 0;

// Sends a reply to each message, and wakes five seconds later.
class ReplyingSleeper : public TestCall {
 public:
  void on_message(const echo_EchoRequest& request) {
    echo_EchoReply reply{};
    reply.message = request.message;
    assert_true(send(reply));
    wake_at(now() + std::chrono::seconds(5));
  }
  void on_half_close() {}
};

class Waking : public ReplyingSleeper {
 public:
  void on_ready() { ++wakeups; }
};

constexpr std::array kWakingMethods = {test_method<Waking>("/echo.Echo/Waking")};
constexpr std::array kWakingServices = {rpc::Service{"echo.Echo", kWakingMethods}};

// Also where no window is left for the next message.
void test_a_handler_wakes_once(void**) {
  LeanLoop loop(limits([](Limits& chosen) { chosen.stream_window_bytes = 1029; }), rpc::ServiceTable(kWakingServices));
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack().headers(1, echo_head("Waking")));
  loop.settle();
  client->send(FrameScript().data(1, echo_data_of_size(1024)));
  wakeups = 0;
  loop.settle();
  loop.pass(std::chrono::milliseconds(4'999));
  assert_int_equal(wakeups, 0);
  loop.pass(std::chrono::milliseconds(1));
  assert_int_equal(wakeups, 1);
  loop.pass(std::chrono::seconds(1));
  assert_int_equal(wakeups, 1);
  client->close();
  loop.settle();
  loop.finish();
}

// Only a handler that asks whether the peer is congested is woken when its replies are sent.
void test_a_handler_that_did_not_ask_is_not_woken(void**) {
  LeanLoop loop(limits(), rpc::ServiceTable(kWakingServices));
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack().headers(1, echo_head("Waking")).data(1, echo_data("a")));
  loop.settle();
  assert_int_equal(client->answer(1).messages().size(), 0);
  wakeups = 0;
  client->send(FrameScript().window_update(1, 1000));
  loop.settle();
  assert_int_equal(client->answer(1).messages().size(), 1);
  assert_int_equal(wakeups, 0);
  client->close();
  loop.settle();
  loop.finish();
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

// The text is composed from memory of the handler and the request, which no longer exist when the status is sent.
void test_a_failure_has_the_text_of_the_handler(void**) {
  LeanLoop loop(limits(), rpc::ServiceTable(kFailingServices));
  const auto client = loop.connect_ready();
  client->send(with_data(echo_data("four")));
  loop.settle();
  expect_trailers_only(client->answer(1), {"grpc-status: 5", "grpc-message: no device dddd, request four"});
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// Ends the call when it wakes.
class Leaving : public ReplyingSleeper {
 public:
  void on_ready() {
    if (now() > std::chrono::hours(1)) finish();
  }
};

constexpr std::array kLeavingMethods = {test_method<Leaving>("/echo.Echo/Leaving")};
constexpr std::array kLeavingServices = {rpc::Service{"echo.Echo", kLeavingMethods}};

// A finished call that waits for the peer keeps only its replies.
void test_a_finished_call_keeps_no_request(void**) {
  LeanLoop loop(limits([](Limits& chosen) { chosen.write_stall = std::chrono::minutes(5); }),
                rpc::ServiceTable(kLeavingServices));
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack().headers(1, echo_head("Leaving")));
  const std::string second = echo_data(std::string(5000, '2'));
  client->send(FrameScript().data(1, echo_data("one") + second.substr(0, 3000)));
  loop.settle();
  assert_true(loop.used_blocks() > 3);
  loop.pass(std::chrono::seconds(5));
  assert_int_equal(loop.open_calls(), 1);
  assert_int_equal(loop.used_blocks(), 1);
  // The handler gets no second message, and its time no longer counts.
  client->send(FrameScript().data(1, second.substr(3000)));
  loop.pass(std::chrono::seconds(26));
  assert_int_equal(loop.count(LimitId::MessageTimeout), 0);
  client->send(FrameScript().window_update(1, 1000));
  loop.settle();
  expect(reply_texts(client->answer(1)), {"one"});
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

// Metadata and text of the request and the trailers are kept; the initial metadata has been sent.
void test_a_stream_keeps_only_what_it_still_needs(void**) {
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

void test_calls_above_the_limits_are_refused(void**) {
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
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_metadata_returns_as_initial_and_trailing_metadata),
      cmocka_unit_test(test_whitespace_around_metadata_is_trimmed),
      cmocka_unit_test(test_metadata_of_a_service_follows_the_rules),
      cmocka_unit_test(test_metadata_of_a_service_above_the_limit),
      cmocka_unit_test(test_no_memory_for_metadata_of_a_service),
      cmocka_unit_test(test_a_head_with_metadata_is_short),
      cmocka_unit_test(test_metadata_of_any_size_within_the_limit),
      cmocka_unit_test(test_malformed_messages),
      cmocka_unit_test(test_a_refused_compressed_message_names_the_supported_encoding),
      cmocka_unit_test(test_a_refused_compressed_message_reaches_no_other_limit),
      cmocka_unit_test(test_each_message_of_a_stream_is_checked),
      cmocka_unit_test(test_messages_up_to_the_limit),
      cmocka_unit_test(test_empty_messages_and_empty_data),
      cmocka_unit_test(test_messages_in_any_split),
      cmocka_unit_test(test_the_memory_that_a_prefix_reserves_is_released_after_its_message),
      cmocka_unit_test(test_collect_counts),
      cmocka_unit_test(test_a_call_that_cannot_begin_has_no_handler),
      cmocka_unit_test(test_a_handler_wakes_once),
      cmocka_unit_test(test_a_handler_that_did_not_ask_is_not_woken),
      cmocka_unit_test(test_every_end_of_a_call_releases_it),
      cmocka_unit_test(test_a_failure_has_the_text_of_the_handler),
      cmocka_unit_test(test_a_finished_call_keeps_no_request),
      cmocka_unit_test(test_a_stream_keeps_only_what_it_still_needs),
      cmocka_unit_test(test_calls_above_the_limits_are_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
