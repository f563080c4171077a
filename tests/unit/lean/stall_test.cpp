// A call whose replies wait for the peer's window: write-stall-ms ends it, and a window that opens in time ends the wait.
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::LimitId;
using engine::Limits;

constexpr lean::Time kStall = 1s;

Limits short_stall() {
  return limits([](Limits& chosen) {
    chosen.write_stall = std::chrono::milliseconds(1000);
    chosen.min_progress_bytes = 1'000'000;  // So that bytes extend no deadline by a millisecond.
  });
}

// A client whose streams have no window at first.
std::unique_ptr<RawClient> without_window(LeanLoop& loop) {
  std::unique_ptr<RawClient> client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack());
  loop.settle();
  client->control();
  return client;
}

void test_a_window_that_never_opens_ends_the_call(void**) {
  LeanLoop loop(short_stall());
  const auto client = without_window(loop);
  client->send(echo_call(1, "Reply", echo_data("a")));
  loop.settle();
  loop.pass(kStall - 1ms);
  assert_string_equal(client->answer(1).reset.c_str(), "");
  loop.pass(1ms);
  assert_string_equal(client->answer(1).reset.c_str(), "CANCEL");
  assert_int_equal(loop.count(LimitId::WriteStall), 1);
  assert_int_equal(loop.count(LimitId::MinProgressBytes), 0);  // The peer has read nothing: it was not slow.
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

// The second reply is due long after the deadline that the first one had.
void test_a_window_that_opens_ends_the_wait(void**) {
  LeanLoop loop(short_stall());
  const auto client = without_window(loop);
  client->send(echo_call(1, "ReplyStream", echo_data("a", 2, 3000)));
  loop.settle();
  loop.pass(kStall - 1ms);
  client->send(FrameScript().window_update(1, 1000));
  loop.settle();
  assert_int_equal(client->answer(1).messages().size(), 1);
  loop.pass(kStall);
  assert_string_equal(client->answer(1).reset.c_str(), "");
  loop.pass(1s);
  loop.pass(1s);
  assert_int_equal(client->answer(1).messages().size(), 2);
  assert_string_equal(client->answer(1).status().c_str(), "0");
  assert_int_equal(loop.count(LimitId::WriteStall), 0);
  loop.finish();
}

// The window is for the first reply alone: the second one has the whole time again.
void test_a_second_wait_begins_anew(void**) {
  LeanLoop loop(short_stall());
  const auto client = without_window(loop);
  echo_EchoReply reply{};
  reply.message = codec::field_of("You said: a");
  reply.number = 1;
  client->send(echo_call(1, "ReplyStream", echo_data("a", 2, 3000)));
  loop.settle();
  loop.pass(kStall - 1ms);
  client->send(FrameScript().window_update(1, static_cast<std::uint32_t>(framed(encoded(reply)).size())));
  loop.settle();
  assert_int_equal(client->answer(1).messages().size(), 1);
  for (int second = 0; second < 2; ++second)
    loop.pass(1s);
  loop.pass(1ms);  // The second reply is due.
  loop.pass(kStall - 1ms);
  assert_string_equal(client->answer(1).reset.c_str(), "");
  loop.pass(1ms);
  assert_string_equal(client->answer(1).reset.c_str(), "CANCEL");
  loop.finish();
}

// The reset of the call needs room: it waits until the client reads again.
void test_a_stalled_call_behind_unsent_bytes(void**) {
  LeanLoop loop(short_stall());
  const auto client = loop.connect(4096);
  client->send(hello().settings({{4, 0}}).settings_ack());
  client->send(echo_call(1, "Reply", echo_data("a")));
  loop.settle();
  loop.pass(kStall - 100ms);
  FrameScript script = FrameScript().headers(3, echo_head("Reply")).window_update(3, 20'000);
  client->send(script.data(3, echo_data(std::string(15'000, 'x')), http2::kEndStream));
  loop.settle();
  assert_false(loop.connection().writable());
  loop.pass(100ms);
  loop.pass(500ms);
  loop.read_all(*client);
  assert_string_equal(client->answer(3).status().c_str(), "0");
  loop.pass(499ms);
  assert_string_equal(client->answer(1).reset.c_str(), "");
  loop.pass(1ms);
  assert_string_equal(client->answer(1).reset.c_str(), "CANCEL");
  assert_int_equal(loop.open_calls(), 0);
  loop.finish();
}

void test_http1_gets_the_page_and_then_the_end(void**) {
  LeanLoop loop;
  const auto client = loop.connect();
  client->send(octets("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
  loop.settle();
  const std::string text = client->text();
  const std::size_t head = text.find("\r\n\r\n");
  assert_true(head != std::string::npos);
  const std::string page(loop.core().page.text());
  assert_true(text.substr(head + 4) == page);
  assert_true(text.find("content-length: " + std::to_string(page.size()) + "\r\n") < head);
  assert_true(client->closed());
  // What comes behind the request is not answered, and does not extend the time that the client has to read the answer.
  loop.pass(600ms);
  client->send(octets("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
  loop.settle();
  assert_string_equal(client->text().c_str(), "");
  assert_int_equal(loop.connections(), 1);
  loop.pass(399ms);
  assert_int_equal(loop.connections(), 1);
  loop.pass(1ms);
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_window_that_never_opens_ends_the_call),
      cmocka_unit_test(test_a_window_that_opens_ends_the_wait),
      cmocka_unit_test(test_a_second_wait_begins_anew),
      cmocka_unit_test(test_a_stalled_call_behind_unsent_bytes),
      cmocka_unit_test(test_http1_gets_the_page_and_then_the_end),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
