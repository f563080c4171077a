// gRPC-Web over HTTP/2: calls of browsers, and who may make them.
#include <algorithm>
#include <array>

#include "grpc_web/base64.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using namespace std::string_literals;
using engine::LimitId;
using engine::Limits;

using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

const std::array<std::string, 1> kHosts = {"gateway.example"};
const std::array<std::string, 2> kOrigins = {"https://console.example", "https://other.example"};
const std::string_view kOrigin = kOrigins[0];
constexpr std::string_view kBinary = "application/grpc-web+proto";
constexpr std::string_view kText = "application/grpc-web-text+proto";

// A connection that serves gRPC-Web, as on a listener with TLS.
std::unique_ptr<RawClient> connect_page(LeanLoop& loop, Settings settings = {}) {
  loop.core().sites = {.hosts = kHosts, .origins = kOrigins};
  auto client = loop.connect();
  loop.connection(loop.connections() - 1).serves_web = true;
  client->send(hello().settings(settings).settings_ack());
  loop.settle();
  client->control();
  return client;
}

std::string base64(std::string_view bytes) {
  std::vector<std::uint8_t> buffer(grpc_web::base64_size(bytes.size()));
  std::copy(bytes.begin(), bytes.end(), buffer.begin());
  grpc_web::base64_encode(buffer, bytes.size());
  return {buffer.begin(), buffer.end()};
}

std::string from_base64(std::string_view text) {
  std::vector<std::uint8_t> buffer(text.size() + 3);
  ByteWriter out(buffer);
  grpc_web::Base64Decoder decoder;
  assert_true(decoder.decode(as_bytes(text), out));
  assert_true(decoder.complete());
  return std::string(as_text(out.written()));
}

std::string content(std::string_view type, std::string_view bytes) {
  return type == kText ? base64(bytes) : std::string(bytes);
}

Block head(std::string_view type, std::string_view method = "Reply", Fields more = {}) {
  Block block;
  block.literal(":method", "POST").literal(":scheme", "https").literal(":path", "/echo.Echo/" + std::string(method));
  block.literal(":authority", "gateway.example:8443").literal("content-type", type).literal("x-grpc-web", "1");
  for (const auto& [name, value] : more)
    block.literal(name, value);
  return block;
}

Block page_head(std::string_view type, std::string_view method = "Reply") {
  return head(type, method, {{"origin", kOrigin}});
}

FrameScript page_call(std::string_view type, std::string_view bytes, std::string_view method = "Reply",
                      std::uint32_t stream = 1) {
  FrameScript script = FrameScript().headers(stream, page_head(type, method));
  add_data(script, stream, content(type, bytes), true);
  return script;
}

// The frames of the content of an answer.
struct Reply {
  Reply(std::string_view type, const Answer& answer) {
    std::string bytes = type == kText ? from_base64(answer.data) : answer.data;
    while (bytes.size() >= 5) {
      std::size_t size = 0;
      for (std::size_t i = 1; i < 5; ++i)
        size = size << 8U | static_cast<std::uint8_t>(bytes[i]);
      assert_in_range(size, 0, bytes.size() - 5);
      const std::string body = bytes.substr(5, size);
      if (bytes[0] == '\x80') {
        trailers = body;
      } else {
        messages.push_back(reply_text(body));
      }
      bytes = bytes.substr(5 + size);
      assert_true(trailers.empty() || bytes.empty());
    }
    assert_string_equal(bytes.c_str(), "");
  }

  Lines messages;
  std::string trailers;
};

void expect_status(const Answer& answer, std::string_view type, std::string_view status, const Lines& messages = {}) {
  expect({answer.head.front()}, {":status: 200"});
  assert_string_equal(answer.field("content-type").c_str(), std::string(type).c_str());
  const Reply reply(type, answer);
  expect(reply.messages, messages);
  assert_string_equal(reply.trailers.substr(0, reply.trailers.find("\r\n")).c_str(),
                      ("grpc-status: " + std::string(status)).c_str());
  expect(answer.trailers, {});
  assert_true(answer.ended);
}

// Sends the rest of a request as its window allows, until it is answered.
void send_all(LeanLoop& loop, RawClient& client, std::string_view data, std::size_t window) {
  while (!data.empty() && !client.answer(1).ended) {
    assert_true(window > 0);
    const std::string_view part = data.substr(0, window);
    data.remove_prefix(part.size());
    window -= part.size();
    FrameScript script;
    add_data(script, 1, part, data.empty());
    client.send(script);
    loop.settle();
    for (const std::string& line : client.control()) {
      if (line.starts_with("WINDOW_UPDATE 1 +")) window += std::stoul(line.substr(17));
    }
  }
}

Answer ask_web(const FrameScript& script, const Limits& chosen = limits()) {
  LeanLoop loop(chosen);
  const auto client = connect_page(loop);
  client->send(script);
  loop.settle();
  loop.read_all(*client);
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  Answer answer = client->answer(1);
  loop.finish();
  return answer;
}

// --- Calls ---

void test_a_unary_call(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    const Answer answer = ask_web(page_call(type, echo_data("hello")));
    expect(answer.head, {":status: 200", "access-control-allow-origin: https://console.example",
                         "access-control-expose-headers: *", "vary: origin", "content-type: " + std::string(type)});
    expect_status(answer, type, "0", {"You said: hello"});
    assert_string_equal(Reply(type, answer).trailers.c_str(), "grpc-status: 0\r\n");
    assert_string_equal(answer.reset.c_str(), "");
  }
}

void test_server_streaming(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    const Answer answer = ask_web(page_call(type, echo_data("a", 300), "ReplyStream"));
    Lines wanted;
    for (int i = 1; i <= 300; ++i)
      wanted.push_back(std::to_string(i) + " You said: a");
    expect_status(answer, type, "0", wanted);
  }
}

void test_every_size(void**) {
  const std::size_t most = limits().max_message_bytes;
  const std::size_t overhead = encoded(echo_request(std::string(most, 'x'))).size() - most;
  const std::size_t reply_overhead = std::string_view("You said: ").size();
  for (const std::string_view type : {kBinary, kText}) {
    for (const std::size_t size : std::initializer_list<std::size_t>{
             0, 1, 700, 800, 16'384, most - overhead - reply_overhead, most - overhead + 1}) {
      LeanLoop loop;
      const auto client = connect_page(loop, {{4, 1U << 30U}});
      client->send(FrameScript().window_update(0, 1U << 30U).headers(1, page_head(type)));
      loop.settle();
      client->control();
      const std::string text(size, 'x');
      send_all(loop, *client, content(type, echo_data(text)), http2::kDefaultWindowBytes);
      loop.read_all(*client);
      if (size > most - overhead) {
        expect_status(client->answer(1), type, "8");
      } else {
        expect_status(client->answer(1), type, "0", {"You said: " + text});
      }
      assert_int_equal(loop.used_blocks(), 0);
      loop.finish();
    }
  }
}

// The text is cut anywhere, and each of its parts may end with padding.
void test_text_in_pieces(void**) {
  for (const std::size_t piece : std::initializer_list<std::size_t>{1, 2, 3, 5, 1000, 1025}) {
    const std::string text(piece < 10 ? 30 : 5000, 'x');
    FrameScript script = FrameScript().headers(1, page_head(kText));
    add_data(script, 1, base64(echo_data(text)), true, piece);
    expect_status(ask_web(script), kText, "0", {"You said: " + text});
  }
  const std::string message = echo_data("hello");
  const std::string padded = base64(message.substr(0, 1)) + base64(message.substr(1, 4)) + base64(message.substr(5));
  expect_status(ask_web(FrameScript().headers(1, page_head(kText)).data(1, padded, http2::kEndStream)), kText, "0",
                {"You said: hello"});
}

void test_metadata(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    FrameScript script = FrameScript().headers(
        1, head(type, "Reply", {{"x-echo-id", "abc"}, {"cookie", "secret"}, {"origin", kOrigin}}));
    add_data(script, 1, content(type, echo_data("a")), true);
    const Answer answer = ask_web(script);
    expect_status(answer, type, "0", {"You said: a"});
    assert_string_equal(answer.field("x-echo-id").c_str(), "abc");
    assert_string_equal(Reply(type, answer).trailers.c_str(), "grpc-status: 0\r\nx-echo-id: abc\r\n");
  }
}

// The gateway remembers the head of the request before.
void test_calls_with_the_same_head(void**) {
  LeanLoop loop;
  const auto client = connect_page(loop);
  for (std::uint32_t stream = 1; stream < 12; stream += 2) {
    const std::string_view type = stream % 4 == 1 ? kBinary : kText;
    client->send(
        FrameScript().headers(stream, head(type)).data(stream, content(type, echo_data("a")), http2::kEndStream));
    loop.settle();
    expect_status(client->answer(stream), type, "0", {"You said: a"});
  }
  client->send(echo_call(13, "Reply", echo_data("a")));
  loop.settle();
  assert_string_equal(client->answer(13).status().c_str(), "0");
  loop.finish();
}

// --- Windows ---

void test_windows_of_every_size(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    for (std::uint32_t window = type == kText ? 4 : 1; window < 60; ++window) {
      LeanLoop loop;
      const auto client = connect_page(loop, {{4, window}});
      client->send(page_call(type, echo_data("hello", 3), "ReplyStream"));
      loop.settle();
      for (int rounds = 0; rounds < 300 && !client->answer(1).ended; ++rounds) {
        client->send(FrameScript().window_update(1, window));
        loop.settle();
      }
      expect_status(client->answer(1), type, "0", {"1 You said: hello", "2 You said: hello", "3 You said: hello"});
      assert_int_equal(loop.used_blocks(), 0);
      loop.finish();
    }
  }
}

// Fewer bytes than a group of base64: the gateway waits without a turn for it.
void test_a_window_that_is_too_small_for_base64(void**) {
  LeanLoop loop(limits([](Limits& chosen) { chosen.write_stall = 1000ms; }));
  const auto client = connect_page(loop, {{4, 3}});
  client->send(page_call(kText, echo_data("hello")));
  loop.settle();
  assert_string_equal(client->answer(1).data.c_str(), "");
  loop.pass(1s);
  assert_string_equal(client->answer(1).reset.c_str(), "CANCEL");
  loop.finish();
}

// --- Who may call ---

Answer asked(std::string_view verb, std::string_view authority, Fields more, std::string_view type = kBinary) {
  Block block;
  block.literal(":method", verb).literal(":scheme", "https").literal(":path", "/echo.Echo/Reply");
  if (!authority.empty()) block.literal(":authority", authority);
  if (verb == "POST") block.literal("content-type", type);
  for (const auto& [name, value] : more)
    block.literal(name, value);
  const bool content = verb == "POST";
  FrameScript script = FrameScript().headers(1, block, content ? http2::kEndHeaders : kEndAll);
  if (content) script.data(1, echo_data("a"), http2::kEndStream);
  return ask_web(script);
}

void test_a_foreign_origin_or_host_reaches_no_handler(void**) {
  struct Case {
    const char* authority;
    const char* origin;
    const char* status;
  };
  const Case cases[] = {
      {"gateway.example", "https://evil.example", "403"},   {"gateway.example", "null", "403"},
      {"gateway.example", "http://console.example", "403"}, {"gateway.example", "https://gateway.example", "403"},
      {"evil.example", "https://console.example", "421"},   {"evil.example", "https://evil.example", "421"},
  };
  for (const auto& [authority, origin, status] : cases) {
    for (const char* verb : {"POST", "OPTIONS"}) {
      const Answer answer = asked(verb, authority, {{"origin", origin}});
      assert_string_equal(answer.field(":status").c_str(), status);
      assert_string_equal(answer.field("access-control-allow-origin").c_str(), "none");
      assert_string_equal(answer.status().c_str(), "none");
      assert_true(answer.ended);
    }
  }
  for (const char* verb : {"POST", "OPTIONS"}) {
    assert_string_equal(asked(verb, "evil.example", {}).field(":status").c_str(), "421");
    assert_string_equal(asked(verb, "", {{"host", "evil.example"}}).field(":status").c_str(), "421");
  }
}

void test_known_hosts_and_no_origin(void**) {
  for (const char* authority : {"localhost:8443", "127.0.0.1", "[::1]:1", "Gateway.Example"})
    expect_status(asked("POST", authority, {{"origin", kOrigins[1]}}), kBinary, "0", {"You said: a"});
  const Answer answer = asked("POST", "", {{"host", "gateway.example"}});
  expect_status(answer, kBinary, "0", {"You said: a"});
  assert_string_equal(answer.field("access-control-allow-origin").c_str(), "none");
}

void test_the_question_of_a_browser(void**) {
  expect(asked("OPTIONS", "localhost",
               {{"origin", kOrigin},
                {"access-control-request-method", "POST"},
                {"access-control-request-headers", "content-type,authorization"}})
             .head,
         {":status: 204", "access-control-allow-origin: https://console.example", "access-control-expose-headers: *",
          "vary: origin", "access-control-allow-methods: POST", "access-control-max-age: 600",
          "access-control-allow-headers: content-type,authorization", "content-type: text/plain; charset=utf-8"});
}

void test_other_requests_of_a_page(void**) {
  assert_string_equal(asked("POST", "localhost", {{"origin", kOrigin}}, "application/json").field(":status").c_str(),
                      "415");
  assert_string_equal(asked("PUT", "localhost", {{"origin", kOrigin}}).field(":status").c_str(), "405");
  // gRPC itself, which needs "te: trailers".
  assert_string_equal(asked("POST", "localhost", {{"origin", kOrigin}}, "application/grpc").status().c_str(), "13");
}

void test_off_where_the_connection_does_not_serve_it(void**) {
  LeanLoop loop;
  loop.core().sites = {.hosts = kHosts, .origins = kOrigins};
  const auto client = loop.connect_ready();
  client->send(page_call(kBinary, echo_data("a")));
  client->send(page_call(kText, echo_data("a"), "Reply", 3));
  client->send(FrameScript().headers(
      5, Block().literal(":method", "OPTIONS").literal(":scheme", "https").literal(":path", "/a"), kEndAll));
  loop.settle();
  for (const std::uint32_t stream : {1U, 3U})
    assert_string_equal(client->answer(stream).field(":status").c_str(), "415");
  assert_string_equal(client->answer(5).field(":status").c_str(), "405");
  loop.finish();
}

// --- Errors ---

void test_errors(void**) {
  struct Case {
    const char* method;
    std::string bytes;
    const char* status;
  };
  const Case cases[] = {
      {"None", echo_data("a"), "12"},
      {"Collect", echo_data("a"), "12"},
      {"Chat", echo_data("a"), "12"},
      {"Reply", "", "12"},
      {"Reply", "\0\0"s, "13"},
      {"Reply", echo_data("a").substr(0, 6), "13"},
      {"Reply", framed("x", 1), "13"},
      {"Reply", framed("x", 2), "13"},
      {"Reply", framed("x", '\x80'), "13"},
      {"Reply", framed("\xff"), "13"},
      {"Reply", "\0\xff\xff\xff\xff"s, "8"},
  };
  for (const std::string_view type : {kBinary, kText}) {
    for (const auto& [method, bytes, status] : cases) {
      const Answer answer = ask_web(page_call(type, bytes, method));
      expect_status(answer, type, status);
      assert_true(Reply(type, answer).trailers.find("\r\ngrpc-message: ") != std::string::npos);
    }
  }
}

void test_what_is_not_base64(void**) {
  for (const char* text : {"A", "AAA", "AA=A", "====", "AAAA*"}) {
    const Answer answer = ask_web(FrameScript().headers(1, page_head(kText)).data(1, text, http2::kEndStream));
    expect_status(answer, kText, "13");
  }
}

void test_a_head_above_the_limit(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    const std::string large(8192, 'l');
    const Answer answer =
        ask_web(FrameScript().headers(1, head(type, "Reply", {{"x-large", large}})).data(1, "", http2::kEndStream));
    expect_status(answer, type, "8");
  }
}

// It ends while its refusal waits for the window.
void test_the_end_of_a_refused_request(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    LeanLoop loop;
    const auto client = connect_page(loop, {{4, 0}});
    client->send(FrameScript().headers(1, page_head(type, "None")).data(1, "", http2::kEndStream));
    loop.settle();
    client->send(FrameScript().window_update(1, 1000));
    loop.settle();
    expect_status(client->answer(1), type, "12");
    loop.finish();
  }
}

// The rest of the request has not arrived.
void test_a_refusal_before_the_end_of_the_request(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    const Answer answer =
        ask_web(FrameScript().headers(1, page_head(type)).data(1, content(type, "\5\0\0"s + "\0\0\0"s)));
    expect_status(answer, type, "13");
    assert_string_equal(answer.reset.c_str(), "NO_ERROR");
  }
}

void test_a_timeout(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    LeanLoop loop;
    const auto client = connect_page(loop);
    FrameScript script = FrameScript().headers(1, head(type, "ReplyStream", {{"grpc-timeout", "250m"}}));
    client->send(script.data(1, content(type, echo_data("a", 100, 100)), http2::kEndStream));
    client->send(
        FrameScript().headers(3, head(type, "Reply", {{"grpc-timeout", "soon"}})).data(3, "", http2::kEndStream));
    loop.settle();
    loop.pass(100ms);
    loop.pass(100ms);
    loop.pass(50ms);
    expect_status(client->answer(1), type, "4", {"1 You said: a", "2 You said: a", "3 You said: a"});
    expect_status(client->answer(3), type, "13");
    loop.finish();
  }
}

// No trailers can follow a part of a message, whether the handler has ended or not.
void test_a_timeout_within_a_message_resets(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    for (const char* method : {"Reply", "ReplyStream"}) {
      LeanLoop loop;
      const auto client = connect_page(loop, {{4, 500}});
      FrameScript script = FrameScript().headers(1, head(type, method, {{"grpc-timeout", "250m"}}));
      add_data(script, 1, content(type, echo_data(std::string(1000, 'x'), 9, 100)), true);
      client->send(script);
      loop.settle();
      assert_in_range(client->answer(1).data.size(), 490, 500);
      loop.pass(250ms);
      const Answer& answer = client->answer(1);
      assert_string_equal(answer.reset.c_str(), "CANCEL");
      assert_false(answer.ended);
      assert_int_equal(loop.open_calls(), 0);
      assert_int_equal(loop.used_blocks(), 0);
      loop.finish();
    }
  }
}

// The window is used up, but not within a message: the status arrives when it opens.
void test_a_timeout_between_messages_has_a_status(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    LeanLoop loop;
    const auto client = connect_page(loop, {{4, 0}});
    FrameScript script = FrameScript().headers(1, head(type, "ReplyStream", {{"grpc-timeout", "250m"}}));
    add_data(script, 1, content(type, echo_data("a", 5, 100)), true);
    client->send(script);
    loop.settle();
    loop.pass(250ms);
    client->send(FrameScript().window_update(1, 1000));
    loop.settle();
    expect_status(client->answer(1), type, "4");
    loop.finish();
  }
}

// Its status waits for the window.
void test_a_reset_behind_a_timeout_is_no_early_one(void**) {
  LeanLoop loop;
  const auto client = connect_page(loop, {{4, 0}});
  client->send(FrameScript().headers(1, head(kBinary, "Reply", {{"grpc-timeout", "10m"}})));
  loop.settle();
  loop.pass(10ms);
  client->send(FrameScript().rst_stream(1, http2::ErrorCode::Cancel));
  loop.settle();
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.count(LimitId::EarlyReset), 0);
  loop.finish();
}

void test_a_reset_in_the_middle(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    LeanLoop loop;
    const auto client = connect_page(loop, {{4, 100}});
    client->send(page_call(type, echo_data(std::string(5000, 'x'), 10), "ReplyStream"));
    FrameScript unfinished = FrameScript().headers(3, page_head(type));
    add_data(unfinished, 3, content(type, echo_data(std::string(5000, 'x'))).substr(0, 4000), false);
    client->send(unfinished);
    loop.settle();
    assert_int_equal(loop.open_calls(), 2);
    client->send(FrameScript().rst_stream(1, http2::ErrorCode::Cancel).rst_stream(3, http2::ErrorCode::Cancel));
    loop.settle();
    assert_int_equal(loop.open_calls(), 0);
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

// The message is there in part when its window is used up.
void test_the_window_of_a_request_opens(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    LeanLoop loop(limits([](Limits& chosen) { chosen.stream_window_bytes = 1024; }));
    const auto client = connect_page(loop);
    const std::string data = content(type, echo_data(std::string(20'000, 'x')));
    client->send(FrameScript().headers(1, page_head(type)));
    loop.settle();
    client->control();
    send_all(loop, *client, data, 1024);
    expect_status(client->answer(1), type, "0", {"You said: " + std::string(20'000, 'x')});
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

// The content type comes after a field for which there is no memory: the status has no message then.
void test_no_memory_for_metadata(void**) {
  for (const std::string_view type : {kBinary, kText}) {
    LeanLoop loop;
    const auto client = connect_page(loop);
    std::vector<lean::Block*> held;
    while (lean::Block* block = loop.core().blocks.take_large())
      held.push_back(block);
    Block block;
    block.literal(":method", "POST").literal(":scheme", "https").literal(":path", "/echo.Echo/Reply");
    block.literal("x-first", "1").literal("content-type", type);
    client->send(FrameScript().headers(1, block).data(1, content(type, echo_data("a")), http2::kEndStream));
    loop.settle();
    expect_status(client->answer(1), type, "8");
    for (lean::Block* one : held)
      loop.core().blocks.release(*one);
    loop.finish();
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_unary_call),
      cmocka_unit_test(test_server_streaming),
      cmocka_unit_test(test_every_size),
      cmocka_unit_test(test_text_in_pieces),
      cmocka_unit_test(test_metadata),
      cmocka_unit_test(test_calls_with_the_same_head),
      cmocka_unit_test(test_windows_of_every_size),
      cmocka_unit_test(test_a_window_that_is_too_small_for_base64),
      cmocka_unit_test(test_a_foreign_origin_or_host_reaches_no_handler),
      cmocka_unit_test(test_known_hosts_and_no_origin),
      cmocka_unit_test(test_the_question_of_a_browser),
      cmocka_unit_test(test_other_requests_of_a_page),
      cmocka_unit_test(test_off_where_the_connection_does_not_serve_it),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_what_is_not_base64),
      cmocka_unit_test(test_a_head_above_the_limit),
      cmocka_unit_test(test_the_end_of_a_refused_request),
      cmocka_unit_test(test_a_refusal_before_the_end_of_the_request),
      cmocka_unit_test(test_a_timeout),
      cmocka_unit_test(test_a_timeout_within_a_message_resets),
      cmocka_unit_test(test_a_timeout_between_messages_has_a_status),
      cmocka_unit_test(test_a_reset_behind_a_timeout_is_no_early_one),
      cmocka_unit_test(test_a_reset_in_the_middle),
      cmocka_unit_test(test_the_window_of_a_request_opens),
      cmocka_unit_test(test_no_memory_for_metadata),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
