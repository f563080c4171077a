// Handlers that send what cannot be encoded, more than there is memory for, or something behind the end of their call.
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "echo.pb.h"
#include "grpc/reflection/v1/reflection.mote.h"
#include "mote/rpc/service.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::LimitId;

struct NoService {};

// The request's text is the name of what the handler does; each act is noted if it was refused.
Lines refused;
std::string text;
std::size_t missing = 1;

class Sender : public rpc::BidiStreamingCall<NoService, echo_EchoReply> {
 public:
  void on_message(const echo_EchoRequest& request) {
    std::string act(mote_bytes_size(&request.message), '\0');
    mote_bytes_copy(&request.message, act.data(), act.size());
    if (act == "end") finish();
    if (act == "end") call().finish(Aborted, "behind the end");
    if (act == "wake") {
      wake_at(now() + std::chrono::seconds(1));
      note("send", call().send(reply()));
      return finish();
    }
    if (act.starts_with("twice")) {
      echo_EchoReply same{};
      same.message = request.message;
      note("send", call().send(same) && call().send(same));
    }
    if (act == "keep") {
      (void)call().keep(codec::field_of("another text"));
      echo_EchoReply kept{};
      kept.message = call().keep(request.message).value();
      note("send kept", call().send(kept));
    }
    for (std::uint32_t i = 0; i < request.count; ++i)
      note("send", call().send(reply()));
    if (act == "broken") note("send broken", call().send(broken()));
    if (act == "foreign") note("send foreign", send_foreign());
    if (act != "end" && act != "broken" && act != "foreign") return;
    note("send", call().send(reply()));
    note("queue", call().queue(as_bytes("x")));
    note("initial", call().add_initial_metadata("x-a", "v"));
    note("trailing", call().add_trailing_metadata("x-a", "v"));
  }
  void on_half_close() { finish(); }

 private:
  static void note(const char* act, bool done) {
    if (!done) refused.emplace_back(act);
  }
  static echo_EchoReply reply() {
    echo_EchoReply reply{};
    reply.message = codec::field_of(text);
    return reply;
  }
  // A list of messages of another type.
  bool send_foreign() const {
    grpc_reflection_v1_ServiceResponse service{};
    grpc_reflection_v1_ListServiceResponse list{};
    list.service = mote_list_of_messages(&service, 1, sizeof service, echo_EchoReply_fields);
    return call().send(list);
  }
  // Its text has more bytes than its pieces.
  static echo_EchoReply broken() {
    static mote_piece piece;
    piece = {nullptr, as_bytes(text).data(), text.size()};
    echo_EchoReply reply{};
    reply.message = {nullptr, &piece, 0, 0, text.size() + missing};
    return reply;
  }
};

constexpr std::array kMethods = {
    rpc::streaming<NoService, Sender, echo_EchoRequest>("/echo.Echo/Sender", rpc::Kind::BidiStreaming)};
const std::array kServices = {rpc::Service{"echo.Echo", kMethods}};

// The answer to a call that does `act` after `count` replies with the text.
struct Result {
  Result(const std::string& act, std::uint32_t count, std::size_t bytes, std::uint32_t window = 1U << 30U) {
    refused.clear();
    text = numbered_text(bytes);
    client->send(hello().settings({{4, window}}).window_update(0, 1U << 30U).settings_ack());
    client->send(FrameScript().headers(1, echo_head("Sender")).data(1, echo_data(act, count)));
    loop.settle();
    loop.read_all(*client);
    if (window == 0) {
      waited = loop.used_blocks();
      client->send(FrameScript().window_update(1, 1U << 30U));
      loop.settle();
      loop.read_all(*client);
    }
    if (act == "keep") client->send(FrameScript().data(1, "", http2::kEndStream));
    loop.settle();
    answer = client->answer(1);
    assert_true(answer.ended);
    assert_int_equal(loop.open_calls(), 0);
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }

  LeanLoop loop{limits([](engine::Limits& chosen) { chosen.connection_buffer_bytes = 128 * 1024; }),
                rpc::ServiceTable(kServices)};
  std::unique_ptr<RawClient> client = loop.connect();
  std::size_t waited = 0;
  Answer answer;
};

const Lines kBehindTheEnd = {"send", "queue", "initial", "trailing"};
const Lines kBroken = {"send broken", "send", "queue", "initial", "trailing"};

void test_nothing_is_sent_behind_the_end(void**) {
  const Result result("end", 0, 5);
  expect(refused, kBehindTheEnd);
  expect(result.answer.messages(), {});
  expect(result.answer.trailers, {});
  expect(result.answer.head, {":status: 200", "content-type: application/grpc", "grpc-status: 0"});
}

void test_a_text_that_is_kept(void**) {
  const Result result("keep", 0, 0);
  expect(refused, {});
  expect(reply_texts(result.answer), {"keep"});
}

// As the first message, in the send buffer, in several frames, and behind replies that wait.
void test_a_message_that_cannot_be_encoded(void**) {
  for (const std::uint32_t window : {1U << 30U, 0U}) {
    for (const std::uint32_t count : {0U, 1U, 2U}) {
      for (const std::size_t bytes : {5U, 2000U, 17'000U, 2001U}) {
        missing = bytes == 2001 ? 20'000 : 1;
        const Result result("broken", count, bytes, window);
        expect(refused, kBroken);
        Lines messages = result.answer.messages();
        // A message that was begun is as long as its prefix says.
        if (messages.size() == count + 1) {
          assert_int_equal(messages.back().back(), '\0');
          messages.pop_back();
        }
        assert_int_equal(messages.size(), count);
        for (const std::string& message : messages)
          assert_string_equal(reply_text(message).c_str(), text.c_str());
        expect({result.answer.status(), result.answer.message()}, {"13", "message shorter than its size"});
      }
    }
  }
}

// In the send buffer, and behind a reply that waits.
void test_a_message_that_has_no_size(void**) {
  for (const std::uint32_t window : {1U << 30U, 0U}) {
    const Result result("foreign", 1, 5, window);
    expect(refused, {"send foreign", "send", "queue", "initial", "trailing"});
    expect(reply_texts(result.answer), {text});
    expect({result.answer.status(), result.answer.message()},
           {"13", "a list whose elements have another type than the field"});
  }
}

// The first reply does not take the blocks of the request: the handler still reads them.
void test_a_stream_that_repeats_a_large_request(void**) {
  refused.clear();
  LeanLoop loop(limits(), rpc::ServiceTable(kServices));
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack());
  const std::string act = "twice " + numbered_text(20'000);
  FrameScript script = FrameScript().window_update(0, 1U << 20U).headers(1, echo_head("Sender"));
  add_data(script, 1, echo_data(act), true);
  client->send(script);
  loop.settle();
  client->send(FrameScript().window_update(1, 1U << 20U));
  loop.settle();
  loop.read_all(*client);
  expect(refused, {});
  expect(reply_texts(client->answer(1)), {act, act});
  loop.finish();
}

// A request that its client goes on with is reset with the reply; its window stays as it is.
void test_a_call_that_has_ended_grants_nothing(void**) {
  LeanLoop loop(limits([](engine::Limits& chosen) { chosen.stream_window_bytes = 8192; }));
  const auto client = loop.connect();
  client->send(hello().settings_ack());
  loop.settle();
  (void)client->control();
  client->send(FrameScript().headers(1, echo_head("Reply")).data(1, echo_data_of_size(6000)));
  loop.settle();
  assert_string_equal(client->answer(1).reset.c_str(), "NO_ERROR");
  expect(client->control(), {});
  loop.finish();
}

void test_a_call_that_has_ended_is_not_woken(void**) {
  LeanLoop loop(limits(), rpc::ServiceTable(kServices));
  const auto client = loop.connect();
  text = "waits";
  client->send(hello().settings({{4, 0}}).settings_ack());
  client->send(FrameScript().headers(1, echo_head("Sender")).data(1, echo_data("wake"), http2::kEndStream));
  loop.settle();
  assert_int_equal(loop.open_calls(), 1);
  assert_true(loop.next_due() > loop.core().now + std::chrono::seconds(1));
  loop.finish();
}

// Each is a byte longer or shorter than frames of the largest size.
void test_a_message_in_several_frames(void**) {
  for (const std::size_t frames : {1U, 2U}) {
    for (std::size_t bytes = frames * 16'384 - 12; bytes < frames * 16'384 - 4; ++bytes) {
      const Result result("keep", 1, bytes);
      expect(refused, {});
      expect(reply_texts(result.answer), {"keep", text});
      assert_string_equal(result.answer.status().c_str(), "0");
    }
  }
}

// The connection's share has 128 KiB for replies that wait for a window.
void test_replies_beyond_the_share(void**) {
  const Result result("", 20, 10'000, 0);
  assert_true(result.waited > 100);
  const auto sent = static_cast<std::size_t>(20) - refused.size();
  assert_in_range(sent, 10, 13);
  assert_int_equal(result.answer.messages().size(), sent);
  assert_string_equal(result.answer.status().c_str(), "8");
  assert_int_equal(result.loop.count(LimitId::ConnectionBufferBytes), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_is_sent_behind_the_end),
      cmocka_unit_test(test_a_text_that_is_kept),
      cmocka_unit_test(test_a_message_that_cannot_be_encoded),
      cmocka_unit_test(test_a_message_that_has_no_size),
      cmocka_unit_test(test_a_stream_that_repeats_a_large_request),
      cmocka_unit_test(test_a_call_that_has_ended_grants_nothing),
      cmocka_unit_test(test_a_call_that_has_ended_is_not_woken),
      cmocka_unit_test(test_a_message_in_several_frames),
      cmocka_unit_test(test_replies_beyond_the_share),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
