// The C face is the C++ client: each function once, over the fake port.
#include <cstring>
#include <string>

#include "device/messages.h"
#include "echo.pb.h"
#include "mote/device.h"
#include "mote/message.h"
#include "support/cmocka_test.h"
#include "support/device.h"
#include "support/fake_port.h"

namespace {

using namespace mote::test;

struct Firmware {
  Firmware() { mote_client_init(&client, &functions, &options, &memory); }

  FakePort port;
  mote_port functions = port.functions();
  mote_options options{};
  std::uint8_t input[64]{};
  std::uint8_t output[512]{};
  std::uint8_t scratch[128]{};
  std::uint8_t messages[256]{};
  std::uint8_t text[32]{};
  mote_memory memory = {MOTE_SPAN(input), MOTE_SPAN(output), MOTE_SPAN(scratch), MOTE_SPAN(messages), MOTE_SPAN(text)};
  mote_client client{};
};

mote_call call_of(const char* path) {
  mote_call call{};
  call.path = path;
  call.timeout_ms = 1000;
  return call;
}

echo_EchoRequest hello() {
  echo_EchoRequest request{};
  request.message = mote_bytes_of("hello", 5);
  return request;
}

std::string encoded(std::string_view words) {
  std::uint8_t bytes[128];
  echo_EchoReply reply{};
  reply.message = mote::codec::field_of(words);
  return {reinterpret_cast<char*>(bytes), mote::codec::encode_to(bytes, reply).size};
}

void unary(void**) {
  Firmware firmware;
  firmware.port.answers(answer(1, encoded("You said: hello")));
  const mote_call call = call_of("/echo.Echo/Reply");
  const echo_EchoRequest request = hello();
  echo_EchoReply reply{};
  assert_int_equal(
      mote_unary(&firmware.client, &call, echo_EchoRequest_fields, &request, echo_EchoReply_fields, &reply), MOTE_OK);
  assert_true(mote_bytes_equal(&reply.message, "You said: hello", 15));
  assert_int_equal(mote_call_status(&firmware.client), MOTE_OK);
  assert_string_equal(mote_call_status_text(&firmware.client), "");
}

void streams(void**) {
  Firmware firmware;
  assert_true(mote_client_connect(&firmware.client));
  assert_true(mote_client_poll(&firmware.client, 0));
  firmware.port.answers(FrameScript().headers(1, grpc_response()).data(1, prefixed(encoded("one")) + prefixed("raw")));
  const mote_call call = call_of("/echo.Echo/Chat");
  const echo_EchoRequest request = hello();
  echo_EchoReply reply{};
  mote_stretch message{};
  assert_true(mote_call_start(&firmware.client, &call));
  assert_true(mote_call_send_message(&firmware.client, echo_EchoRequest_fields, &request, false));
  assert_true(mote_call_send(&firmware.client, "xyz", 3, false));
  assert_int_equal(mote_call_receive_message(&firmware.client, echo_EchoReply_fields, &reply, MOTE_TO_DEADLINE),
                   MOTE_MESSAGE);
  assert_true(mote_bytes_equal(&reply.message, "one", 3));
  assert_int_equal(mote_call_receive(&firmware.client, &message, MOTE_TO_DEADLINE), MOTE_MESSAGE);
  assert_memory_equal(message.data, "raw", 3);
  assert_int_equal(mote_call_receive(&firmware.client, &message, 0), MOTE_NOTHING);
  assert_true(mote_call_end_sending(&firmware.client));
  firmware.port.sends(FrameScript().headers(1, grpc_trailers("9").literal("grpc-message", "not now"), kEndAll));
  assert_int_equal(mote_call_receive(&firmware.client, &message, MOTE_TO_DEADLINE), MOTE_OVER);
  assert_int_equal(mote_call_status(&firmware.client), MOTE_FAILED_PRECONDITION);
  assert_string_equal(mote_call_status_text(&firmware.client), "not now");
}

// Proto3 leaves default values out: what a struct held before is none of the message.
void an_omitted_field_has_its_default(void**) {
  Firmware firmware;
  echo_EchoReply full{};
  full.message = mote::codec::field_of("text");
  full.number = 7;
  full.has_timing = true;
  full.timing = {.received_us = 1, .sent_us = 2};
  std::uint8_t bytes[64];
  const std::string_view encoded_full(reinterpret_cast<char*>(bytes), mote::codec::encode_to(bytes, full).size);
  firmware.port.answers(FrameScript().headers(1, grpc_response()).data(1, prefixed(encoded_full) + prefixed("")));
  const mote_call call = call_of("/echo.Echo/Chat");
  echo_EchoReply reply = full;
  assert_true(mote_call_start(&firmware.client, &call));
  for (const std::uint32_t number : {7U, 0U}) {
    assert_int_equal(mote_call_receive_message(&firmware.client, echo_EchoReply_fields, &reply, MOTE_TO_DEADLINE),
                     MOTE_MESSAGE);
    assert_int_equal(reply.number, number);
    assert_int_equal(mote_bytes_size(&reply.message), number == 0 ? 0 : 4);
    assert_int_equal(reply.has_timing, number != 0);
    assert_int_equal(reply.timing.sent_us, number == 0 ? 0 : 2);
  }

  reply = full;
  firmware.port.answers(answer(3, ""));
  const echo_EchoRequest request = hello();
  assert_int_equal(
      mote_unary(&firmware.client, &call, echo_EchoRequest_fields, &request, echo_EchoReply_fields, &reply), MOTE_OK);
  assert_int_equal(mote_bytes_size(&reply.message), 0);
  assert_int_equal(reply.number, 0);
  assert_false(reply.has_timing);
}

// The same in C++, whose templates clear the struct themselves.
void messages_of_templates_are_cleared(void**) {
  Device device;
  echo_EchoReply reply{};
  reply.number = 9;
  device.port.answers(answer(1, ""));
  mote_call call = call_of("/echo.Echo/Reply");
  assert_int_equal(mote::device::unary(device.client, call, hello(), reply), mote::StatusCode::Ok);
  assert_int_equal(reply.number, 0);
  reply.number = 9;
  device.port.answers(answer(3, ""));
  assert_true(device.client.start(call));
  assert_int_equal(mote::device::receive_message(device.client, reply), mote::device::Received::Message);
  assert_int_equal(reply.number, 0);
}

void replies_that_cannot_be_decoded_end_the_call(void**) {
  Firmware firmware;
  firmware.port.answers(answer(1, "\xff\xff\xff"));
  const mote_call call = call_of("/echo.Echo/Reply");
  const echo_EchoRequest request{};
  echo_EchoReply reply{};
  assert_int_equal(
      mote_unary(&firmware.client, &call, echo_EchoRequest_fields, &request, echo_EchoReply_fields, &reply),
      MOTE_INTERNAL);
  assert_string_equal(mote_call_status_text(&firmware.client), "reply cannot be decoded");
}

void requests_that_cannot_be_encoded_end_the_call(void**) {
  Firmware firmware;
  const mote_call call = call_of("/echo.Echo/Chat");
  const mote_piece nothing{};
  echo_EchoRequest request{};
  request.message = {.head = nullptr, .pieces = &nothing, .head_size = 0, .offset = 0, .size = 9};
  assert_true(mote_call_start(&firmware.client, &call));
  assert_false(mote_call_send_message(&firmware.client, echo_EchoRequest_fields, &request, true));
  assert_int_equal(mote_call_status(&firmware.client), MOTE_INTERNAL);
}

void cancel_close_and_a_refused_connect(void**) {
  Firmware firmware;
  const mote_call call = call_of("/echo.Echo/Chat");
  assert_true(mote_call_start(&firmware.client, &call));
  assert_int_equal(mote_call_cancel(&firmware.client), MOTE_CANCELLED);
  mote_client_close(&firmware.client);
  assert_int_equal(firmware.port.disconnects, 1);
  firmware.port.refuses = true;
  assert_false(mote_client_connect(&firmware.client));
  assert_in_range(mote_client_retry_in_ms(&firmware.client), 800, 1200);
}

void names_of_statuses(void**) {
  assert_string_equal(mote_status_name(MOTE_DEADLINE_EXCEEDED), "DEADLINE_EXCEEDED");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(unary),
      cmocka_unit_test(streams),
      cmocka_unit_test(an_omitted_field_has_its_default),
      cmocka_unit_test(messages_of_templates_are_cleared),
      cmocka_unit_test(replies_that_cannot_be_decoded_end_the_call),
      cmocka_unit_test(requests_that_cannot_be_encoded_end_the_call),
      cmocka_unit_test(cancel_close_and_a_refused_connect),
      cmocka_unit_test(names_of_statuses),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
