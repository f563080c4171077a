// Memory at its end: the pool's, a connection's share of it. Each time one call is refused, and everything comes back.
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::LimitId;
using engine::Limits;

// A pool of 64 KiB, a share of 32 KiB.
const Limits kSmall = limits([](Limits& chosen) {
  chosen.buffer_bytes = 64 * 1024;
  chosen.connection_buffer_bytes = 32 * 1024;
});

// The begin of a message of `size` bytes on a new stream, without its end.
FrameScript begun(std::uint32_t stream, std::size_t size) {
  FrameScript script = FrameScript().headers(stream, echo_head("Chat"));
  return script.data(stream, framed(std::string(size, 'm')).substr(0, 5));
}

void test_a_share_is_used_up(void**) {
  LeanLoop loop(kSmall);
  const auto client = loop.connect_ready();
  client->send(begun(1, 20'000).raw(begun(3, 20'000).bytes()));
  loop.settle();
  const Answer& refused = client->answer(3);
  expect(
      {refused.status(), refused.message(), refused.reset},
      {"8", "this connection's calls hold all of the 32768 bytes of buffers: fewer calls at once, or smaller messages",
       "NO_ERROR"});
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 1);
  assert_int_equal(loop.count(LimitId::BufferBytes), 0);
  assert_int_equal(loop.open_calls(), 1);
  client->send(FrameScript().rst_stream(1, wire::ErrorCode::Cancel));
  client->send(begun(5, 30'000));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 30);
  assert_string_equal(client->answer(5).status().c_str(), "none");
  loop.finish();
}

void test_the_pool_is_used_up(void**) {
  LeanLoop loop(kSmall);
  const auto first = loop.connect_ready();
  const auto second = loop.connect_ready();
  const auto third = loop.connect_ready();
  first->send(begun(1, 32'000));
  second->send(begun(1, 32'000));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 64);
  third->send(begun(1, 10'000));
  loop.settle();
  expect({third->answer(1).status(), third->answer(1).message()},
         {"8", "the gateway is out of buffers"});  // More would need a buffer.
  assert_int_equal(loop.count(LimitId::BufferBytes), 1);
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 0);

  second->send(FrameScript().rst_stream(1, wire::ErrorCode::Cancel).raw(begun(3, 31'000).bytes()));
  loop.settle();
  third->send(begun(9, 10'000));
  loop.settle();
  assert_string_equal(
      third->answer(9).message().c_str(),
      "the calls of all connections hold all of the 65536 bytes of buffers: fewer calls at once, or smaller messages");
  second->send(begun(5, 1000));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 64);

  // What needs no block is served all the same.
  third->send(echo_call(13, "Reply", echo_data("still here")));
  loop.settle();
  expect(reply_texts(third->answer(13)), {"You said: still here"});
  // What needs one says so, as far as that needs none.
  third->send(echo_call(15, "Reply", echo_data("a"), {{"x-echo-a", "b"}}));
  third->send(echo_call(17, "ReplyStream", echo_data("kept", 2)));
  loop.settle();
  assert_string_equal(third->answer(15).status().c_str(), "8");
  assert_string_equal(third->answer(17).status().c_str(), "8");
  expect(third->answer(17).messages(), {});

  first->close();
  second->close();
  loop.settle();
  assert_int_equal(loop.used_blocks(), 0);
  third->send(echo_call(19, "ReplyStream", echo_data("kept", 2), {{"x-echo-a", "b"}}));
  loop.settle();
  assert_string_equal(third->answer(19).status().c_str(), "0");
  loop.finish();
}

void test_unread_replies_use_up_a_share(void**) {
  LeanLoop loop(kSmall);
  const auto client = loop.connect();
  client->send(hello().settings({{4, 0}}).settings_ack().headers(1, echo_head("Chat")));
  for (int i = 0; i < 4; ++i)
    client->send(FrameScript().data(1, echo_data(std::string(10'000, 'u'))));
  loop.settle();
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 1);
  client->send(FrameScript().window_update(1, 60'000));
  loop.settle();
  const Answer& answer = client->answer(1);
  assert_int_equal(answer.messages().size(), 3);  // What was sent before goes first.
  assert_string_equal(answer.status().c_str(), "8");
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// A large field needs blocks that lie together.
void test_no_room_for_metadata(void**) {
  LeanLoop loop(kSmall);
  const auto client = loop.connect_ready();
  client->send(begun(1, 28'000));
  client->send(echo_call(3, "Reply", echo_data("a"), {{"x-echo-a", std::string(2000, 'a')}}));
  loop.settle();
  assert_string_equal(client->answer(3).status().c_str(), "8");
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 1);
  assert_int_equal(loop.open_calls(), 1);
  loop.finish();
}

void test_no_memory_for_a_header_table(void**) {
  LeanLoop loop(kSmall);
  const auto first = loop.connect_ready();
  const auto second = loop.connect_ready();
  first->send(begun(1, 32'000));
  second->send(begun(1, 32'000));
  loop.settle();
  const auto early = loop.connect();
  early->send(hello().raw(echo_call(1, "Reply", echo_data("a")).bytes()));
  loop.settle();
  expect(early->control(), {kSettings, "SETTINGS ack", "GOAWAY 1 ENHANCE_YOUR_CALM no memory for a header table"});
  assert_int_equal(loop.count(LimitId::BufferBytes), 1);
  assert_true(early->closed());
  loop.finish();
}

void test_no_memory_for_the_rest_of_a_frame(void**) {
  LeanLoop loop(kSmall);
  const auto client = loop.connect_ready();
  client->send(begun(1, 32'700));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 32);
  client->send({0, 0});
  loop.settle();
  expect(client->control(), {"GOAWAY 1 ENHANCE_YOUR_CALM no memory for the rest of a frame"});
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 1);
  assert_int_equal(loop.count(LimitId::BufferBytes), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// There is no way left to say so: the connection is closed.
void test_no_memory_for_what_a_peer_does_not_take(void**) {
  LeanLoop loop(kSmall);
  const auto client = loop.connect_ready(4096);
  client->send(begun(1, 30'000));
  loop.settle();
  FrameScript script;
  for (std::uint32_t stream = 3; stream < 40; stream += 2)
    script.raw(echo_call(stream, "Reply", echo_data(std::string(1000, 'x'))).bytes());
  client->send(script);
  loop.settle();
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 1);
  assert_int_equal(loop.count(LimitId::BufferBytes), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

void test_a_lent_table_goes_back_with_the_acknowledgement_or_the_connection(void**) {
  for (const bool acknowledged : {true, false}) {
    LeanLoop loop;
    const auto client = loop.connect();
    client->send(hello().raw(echo_call(1, "Reply", echo_data("a")).bytes()));
    loop.settle();
    assert_int_equal(loop.used_blocks(), lean::BlockPool::kSmallInLarge);
    if (acknowledged) client->send(FrameScript().settings_ack());
    if (!acknowledged) client->close();
    loop.settle();
    assert_int_equal(loop.used_blocks(), 0);
    loop.finish();
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_share_is_used_up),
      cmocka_unit_test(test_the_pool_is_used_up),
      cmocka_unit_test(test_unread_replies_use_up_a_share),
      cmocka_unit_test(test_no_room_for_metadata),
      cmocka_unit_test(test_no_memory_for_a_header_table),
      cmocka_unit_test(test_no_memory_for_the_rest_of_a_frame),
      cmocka_unit_test(test_no_memory_for_what_a_peer_does_not_take),
      cmocka_unit_test(test_a_lent_table_goes_back_with_the_acknowledgement_or_the_connection),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
