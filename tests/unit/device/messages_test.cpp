// nanopb messages through the client: what cannot be encoded, sent or decoded ends the call with a status.
#include "device/messages.h"

#include <algorithm>
#include <string>

#include "echo.pb.h"
#include "lists.pb.h"
#include "mote/message.h"
#include "support/cmocka_test.h"
#include "support/device.h"
#include "support/lines.h"

namespace {

using namespace mote::test;
using mote::StatusCode;
using mote::device::receive_message;
using mote::device::Received;
using mote::device::send_message;
using mote::device::unary;

constexpr std::uint16_t kInitialWindow = 4;

mote_call call_of(std::uint32_t timeout_ms = 1000) {
  mote_call call{};
  call.path = "/echo.Echo/Reply";
  call.timeout_ms = timeout_ms;
  return call;
}

echo_EchoRequest request_of(std::string_view words) {
  echo_EchoRequest request{};
  request.message = mote::codec::field_of(words);
  return request;
}

std::string encoded(std::string_view words) {
  std::uint8_t bytes[64];
  echo_EchoReply reply{};
  reply.message = mote::codec::field_of(words);
  return {reinterpret_cast<char*>(bytes), mote::codec::encode_to(bytes, reply).size};
}

// In the form that clears by the description, and in the one that clears by the size.
template <class Check>
void in_both_forms(Check check) {
  check([](mote::device::Client& client, const mote_call& call, const echo_EchoRequest& request,
           echo_EchoReply& reply) { return unary(client, call, request, reply); });
  check(
      [](mote::device::Client& client, const mote_call& call, const echo_EchoRequest& request, echo_EchoReply& reply) {
        return unary(client, call, echo_EchoRequest_fields, &request, echo_EchoReply_fields, &reply);
      });
}

void a_unary_call(void**) {
  in_both_forms([](auto call) {
    Device device;
    device.port.answers(answer(1, encoded("hello")));
    echo_EchoReply reply{};
    reply.number = 7;
    assert_int_equal(call(device.client, call_of(), request_of("x"), reply), StatusCode::Ok);
    assert_true(mote::codec::equal(reply.message, "hello"));
    assert_int_equal(reply.number, 0);
  });
}

void a_unary_call_that_the_server_refuses(void**) {
  in_both_forms([](auto call) {
    Device device;
    device.port.answers(FrameScript().headers(1, Block(grpc_response()).literal("grpc-status", "5"), kEndAll));
    echo_EchoReply reply{};
    assert_int_equal(call(device.client, call_of(), request_of("x"), reply), StatusCode::NotFound);
    assert_int_equal(mote_bytes_size(&reply.message), 0);
  });
}

void a_reply_that_cannot_be_decoded(void**) {
  in_both_forms([](auto call) {
    Device device;
    device.port.answers(answer(1, "\x0a\x05zz"));
    echo_EchoReply reply{};
    assert_int_equal(call(device.client, call_of(), request_of("x"), reply), StatusCode::Internal);
    assert_string_equal(device.client.status_text(), "reply cannot be decoded");
  });
}

void replies_of_a_stream(void**) {
  Device device;
  device.port.answers(FrameScript()
                          .headers(1, grpc_response())
                          .data(1, prefixed(encoded("one")) + prefixed("\x0a\x05zz") + prefixed(encoded("three"))));
  assert_true(device.client.start(call_of()));
  assert_true(send_message(device.client, request_of("x"), true));
  echo_EchoReply reply{};
  assert_int_equal(receive_message(device.client, reply), Received::Message);
  assert_true(mote::codec::equal(reply.message, "one"));
  assert_int_equal(receive_message(device.client, echo_EchoReply_fields, &reply), Received::Over);
  assert_string_equal(device.outcome().c_str(), "INTERNAL reply cannot be decoded");
  assert_int_equal(receive_message(device.client, reply), Received::Over);
}

// The one reply of a client-streaming call, or its status.
void the_end_of_a_client_streaming_call(void**) {
  for (const bool answered : {true, false}) {
    Device device;
    device.port.answers(answered
                            ? answer(1, encoded("both"))
                            : FrameScript().headers(1, Block(grpc_response()).literal("grpc-status", "5"), kEndAll));
    assert_true(device.client.start(call_of()));
    assert_true(send_message(device.client, request_of("one")));
    echo_EchoReply reply{};
    const StatusCode status = mote::device::finish(device.client, echo_EchoReply_fields, &reply);
    assert_int_equal(status, answered ? StatusCode::Ok : StatusCode::NotFound);
    const Lines sent = device.port.sent();
    assert_int_equal(std::count(sent.begin(), sent.end(), "DATA 1 end "), 1);
    assert_int_equal(mote_bytes_size(&reply.message), answered ? 4 : 0);
  }
}

void nothing_is_received_in_time(void**) {
  Device device;
  assert_true(device.client.start(call_of()));
  echo_EchoReply reply{};
  assert_int_equal(receive_message(device.client, reply, 10), Received::Nothing);
  reply.number = 7;
  assert_int_equal(receive_message(device.client, echo_EchoReply_fields, &reply, 10), Received::Nothing);
  assert_int_equal(reply.number, 7);
  assert_false(device.client.over());
}

void a_message_behind_the_end_is_not_sent(void**) {
  Device device;
  assert_false(send_message(device.client, request_of("x")));
  assert_false(send_message(device.client, lists_Unlisted{}));
  assert_string_equal(device.outcome().c_str(), "OK ");
  assert_int_equal(device.port.connects, 0);
}

// nanopb finds the error when it counts the bytes: a repeated field without its line in the .options file.
void a_message_that_has_no_size(void**) {
  Device device;
  assert_true(device.client.start(call_of()));
  device.client.poll();
  device.port.sent();
  assert_false(send_message(device.client, lists_Unlisted{}));
  assert_string_equal(device.outcome().c_str(), "INTERNAL message cannot be encoded");
  device.client.poll();
  expect(device.port.sent(), {"RST_STREAM 1 CANCEL"});
}

// It has a size, and then the pieces of its text are shorter.
void a_message_that_is_shorter_than_its_size(void**) {
  Device device;
  assert_true(device.client.start(call_of()));
  echo_EchoRequest request{};
  request.message.size = 5;
  assert_false(send_message(device.client, request));
  assert_string_equal(device.outcome().c_str(), "INTERNAL message cannot be encoded");
}

// The call ends inside the prefix, inside the message, and at its end.
void a_message_that_cannot_be_sent(void**) {
  for (const std::uint32_t window : {2U, 8U}) {
    Device device;
    device.port.sends_settings = false;
    device.port.sends_at(device.port.now_ms, FrameScript().settings({{kInitialWindow, window}}).settings_ack());
    assert_true(device.client.connect());
    assert_true(device.client.start(call_of()));
    assert_false(send_message(device.client, request_of("hello"), true));
    assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
  }
  Device device;
  assert_true(device.client.connect());
  assert_true(device.client.start(call_of()));
  device.port.blocks_writes = true;
  assert_false(send_message(device.client, request_of("hello"), true));
  assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_unary_call),
      cmocka_unit_test(a_unary_call_that_the_server_refuses),
      cmocka_unit_test(a_reply_that_cannot_be_decoded),
      cmocka_unit_test(replies_of_a_stream),
      cmocka_unit_test(the_end_of_a_client_streaming_call),
      cmocka_unit_test(nothing_is_received_in_time),
      cmocka_unit_test(a_message_behind_the_end_is_not_sent),
      cmocka_unit_test(a_message_that_has_no_size),
      cmocka_unit_test(a_message_that_is_shorter_than_its_size),
      cmocka_unit_test(a_message_that_cannot_be_sent),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
