// Calls that the server did not process (RFC 9113 8.7, 6.8): the client repeats them once, if it still has the request.
#include <cstring>
#include <string>
#include <vector>

#include "device/messages.h"
#include "echo.pb.h"
#include "mote/device.h"
#include "mote/message.h"
#include "support/cmocka_test.h"
#include "support/device.h"
#include "support/lines.h"

namespace {

using namespace mote::test;
using mote::as_bytes;
using mote::as_text;
using mote::Bytes;
using mote::StatusCode;
using mote::device::Received;
using mote::http2::ErrorCode;

constexpr const char* kRefused = "UNAVAILABLE reset by the server";

mote_call call_of(std::uint32_t timeout_ms = 1000) {
  mote_call call{};
  call.path = "/echo.Echo/Reply";
  call.timeout_ms = timeout_ms;
  return call;
}

std::string encoded(std::string_view words) {
  std::uint8_t bytes[64];
  echo_EchoReply reply{};
  reply.message = mote::codec::field_of(words);
  return {reinterpret_cast<char*>(bytes), mote::codec::encode_to(bytes, reply).size};
}

FrameScript refusal(std::uint32_t stream) {
  return FrameScript().rst_stream(stream, ErrorCode::RefusedStream);
}

// After the server's SETTINGS and the other frames at the start of the connection.
void make_ready(Device& device) {
  device.client.connect();
  device.client.poll();
  device.port.sent();
}

// A unary call of nanopb messages; the text of the reply.
std::string echo(Device& device, std::string_view words, std::uint32_t timeout_ms = 1000) {
  echo_EchoRequest request{};
  request.message = mote::codec::field_of(words);
  echo_EchoReply reply{};
  mote::device::unary(device.client, call_of(timeout_ms), request, reply);
  std::string text(mote_bytes_size(&reply.message), ' ');
  mote_bytes_copy(&reply.message, text.data(), text.size());
  return text;
}

std::string next_message(Device& device, std::uint32_t wait_ms = MOTE_TO_DEADLINE) {
  Bytes message;
  switch (device.client.receive(message, wait_ms)) {
    case Received::Message:
      return std::string(as_text(message));
    case Received::Nothing:
      return "(nothing)";
    case Received::Over:
      return "(over)";
  }
  return {};
}

// The timeout in the header block: a literal without Huffman code.
std::string timeout_of(const Octets& block) {
  const std::string text(as_text(block));
  const std::size_t at = text.find("grpc-timeout") + std::strlen("grpc-timeout");
  return text.substr(at + 1, static_cast<unsigned char>(text[at]));
}

void a_unary_call_that_is_refused_is_repeated(void**) {
  Device device;
  make_ready(device);
  device.port.answers(refusal(1));
  device.port.answers(answer(3, encoded("at last")));
  assert_string_equal(echo(device, "hello").c_str(), "at last");
  assert_string_equal(device.outcome().c_str(), "OK ");
  assert_true(device.client.retried());
  assert_false(device.client.unprocessed());
  const std::string message = prefixed("\x0a\x05hello");
  expect(device.port.sent(), {"HEADERS 1", "DATA 1 end " + message, "HEADERS 3", "DATA 3 end " + message});
  assert_int_equal(device.port.connects, 1);
  // The next call is one of its own.
  device.port.answers(answer(5, encoded("at once")));
  assert_string_equal(echo(device, "hello").c_str(), "at once");
  assert_false(device.client.retried());
}

void no_call_is_repeated_twice(void**) {
  Device device;
  make_ready(device);
  device.port.otherwise = refusal;
  echo(device, "hello");
  assert_string_equal(device.outcome().c_str(), kRefused);
  assert_true(device.client.unprocessed());
  assert_false(device.client.may_restart());
  assert_int_equal(device.port.requests.size(), 2);
  device.client.start(call_of());
  assert_string_equal(next_message(device).c_str(), "(over)");
  assert_string_equal(device.outcome().c_str(), kRefused);
  assert_int_equal(device.port.requests.size(), 4);
}

// During the call, a GOAWAY reports that no stream was processed: the call is repeated on a new connection.
void a_unary_call_above_the_last_stream_of_goaway_is_repeated(void**) {
  Device device;
  make_ready(device);
  device.port.answers(FrameScript().goaway(0, ErrorCode::NoError, "restart"));
  device.port.answers(answer(1, encoded("new server")));
  assert_string_equal(echo(device, "hello").c_str(), "new server");
  assert_true(device.client.retried());
  assert_int_equal(device.port.connects, 2);
  const std::string message = prefixed("\x0a\x05hello");
  expect(device.port.sent(),
         {"HEADERS 1", "DATA 1 end " + message, "GOAWAY 0 NO_ERROR ", "SETTINGS 1=0 2=0 4=256 6=4096",
          "WINDOW_UPDATE 0 +983041", "HEADERS 1", "DATA 1 end " + message, "SETTINGS ack"});
}

void a_call_that_the_server_may_have_processed_is_not_repeated(void**) {
  for (std::uint32_t code = 0; code < 14; ++code) {
    if (static_cast<ErrorCode>(code) == ErrorCode::RefusedStream) continue;
    Device device;
    device.port.answers(FrameScript().rst_stream(1, static_cast<ErrorCode>(code)));
    echo(device, "hello");
    assert_false(device.client.unprocessed());
    assert_int_equal(device.port.requests.size(), 1);
  }
  // It has begun to answer, or has not gone without the stream, or is gone altogether.
  const FrameScript scripts[] = {
      FrameScript().headers(1, grpc_response()).rst_stream(1, ErrorCode::RefusedStream),
      FrameScript().headers(1, grpc_response()).goaway(0, ErrorCode::NoError),
      FrameScript().goaway(1, ErrorCode::NoError).rst_stream(1, ErrorCode::Cancel),
      FrameScript().goaway(0x7fffffff, ErrorCode::NoError).rst_stream(1, ErrorCode::Cancel),
  };
  for (const FrameScript& script : scripts) {
    Device device;
    device.port.answers(script);
    echo(device, "hello");
    assert_int_not_equal(device.client.status(), StatusCode::Ok);
    assert_false(device.client.unprocessed());
    assert_int_equal(device.port.requests.size(), 1);
  }
  Device lost;
  make_ready(lost);
  lost.port.answers(FrameScript());
  lost.client.start(call_of());
  lost.client.poll();
  lost.port.closes();
  assert_string_equal(next_message(lost).c_str(), "(over)");
  assert_string_equal(lost.outcome().c_str(), "UNAVAILABLE connection lost");
  assert_int_equal(lost.port.connects, 1);
}

// Larger than all of the memory, and refused while most of it has not gone out yet.
void a_large_request_is_repeated_from_its_beginning(void**) {
  Device device;
  make_ready(device);
  device.port.sends(FrameScript().settings({{4, 700}}));
  device.client.poll();
  device.port.sent();
  device.port.answers(refusal(1));
  device.port.answers(FrameScript().window_update(3, 10'000).raw(answer(3, encoded("whole")).bytes()));
  const std::string words(3000, 'w');
  assert_string_equal(echo(device, words).c_str(), "whole");
  std::string payload;
  for (const std::string& line : device.port.sent()) {
    if (!line.starts_with("DATA 3 ")) continue;
    payload += line.substr(line.starts_with("DATA 3 end ") ? 11 : 7);
  }
  assert_int_equal(payload.size(), prefixed("\x0a\xb8\x17" + words).size());
  assert_true(payload.ends_with(words));
}

void a_stream_is_repeated_before_its_first_message(void**) {
  Device device;
  make_ready(device);
  device.port.answers(refusal(1));
  device.port.answers(FrameScript().headers(3, grpc_response()).data(3, prefixed("first")));
  assert_true(device.client.start(call_of()));
  assert_string_equal(next_message(device).c_str(), "first");
  assert_true(device.client.retried());
  expect(device.port.sent(), {"HEADERS 1", "HEADERS 3"});
  assert_true(device.port.requests[0] == device.port.requests[1]);
  assert_true(device.client.send(as_bytes("now"), true));
  expect(device.port.sent(), {"DATA 3 end " + prefixed("now")});
  device.port.sends(FrameScript().headers(3, grpc_trailers(), kEndAll));
  assert_string_equal(next_message(device).c_str(), "(over)");
  assert_string_equal(device.outcome().c_str(), "OK ");
}

// The caller's strings are gone by then; what is repeated are the bytes that were sent.
void a_stream_is_repeated_on_a_new_connection(void**) {
  for (const std::size_t output : {256U, 512U}) {
    Device device({}, {.output = output});
    make_ready(device);
    {
      std::string path = "/a.B/C";
      std::string value = "a value";
      const mote_metadata metadata{"x-name", value.c_str()};
      mote_call call = call_of();
      call.path = path.c_str();
      call.metadata = &metadata;
      call.metadata_count = 1;
      assert_true(device.client.start(call));
      std::fill(path.begin(), path.end(), '?');
      std::fill(value.begin(), value.end(), '?');
    }
    device.port.answers(FrameScript().ping(1).goaway(0, ErrorCode::NoError));
    device.port.answers(FrameScript().ping(2).headers(1, grpc_response()));
    assert_string_equal(next_message(device, 10).c_str(), "(nothing)");
    assert_false(device.client.over());
    assert_true(device.client.retried());
    expect(device.port.sent(), {"HEADERS 1", "PING ack 1", "GOAWAY 0 NO_ERROR ", "SETTINGS 1=0 2=0 4=256 6=4096",
                                "WINDOW_UPDATE 0 +983041", "HEADERS 1", "SETTINGS ack", "PING ack 2"});
    assert_true(device.port.requests[0] == device.port.requests[1]);
    assert_true(as_text(device.port.requests[1]).find("a value") != std::string_view::npos);
    // All of the memory is there for the messages again.
    const std::string message(400, 'm');
    assert_true(device.client.send(as_bytes(message), true));
    device.port.sends(FrameScript().data(1, prefixed("reply")).headers(1, grpc_trailers(), kEndAll));
    assert_string_equal(next_message(device).c_str(), "reply");
    assert_string_equal(next_message(device).c_str(), "(over)");
    assert_string_equal(device.outcome().c_str(), "OK ");
  }
}

void a_stream_is_repeated_while_it_is_polled(void**) {
  Device device;
  make_ready(device);
  device.port.answers(refusal(1));
  device.port.answers(answer(3, "3"));
  assert_true(device.client.start(call_of()));
  assert_true(device.client.poll());
  assert_true(device.client.retried());
  assert_true(device.client.send(as_bytes("one"), true));
  assert_string_equal(next_message(device).c_str(), "3");
}

// The request's headers alone are kept: a message that has gone out is the caller's to send again.
void a_stream_is_not_repeated_after_its_first_message(void**) {
  for (const bool message : {true, false}) {
    Device device;
    make_ready(device);
    device.port.answers(refusal(1));
    device.client.start(call_of());
    if (message) {
      device.client.send(as_bytes("one"));
    } else {
      device.client.end_sending();
    }
    assert_string_equal(next_message(device).c_str(), "(over)");
    assert_string_equal(device.outcome().c_str(), kRefused);
    assert_true(device.client.unprocessed() && !device.client.retried());
    assert_int_equal(device.port.requests.size(), 1);
    // Which it may do by hand.
    device.port.answers(answer(3, "again"));
    assert_true(device.client.may_restart());
    assert_true(device.client.restart(call_of()));
    device.client.send(as_bytes("one"), true);
    assert_string_equal(next_message(device).c_str(), "again");
    assert_true(device.client.retried());
  }
}

// Control frames are answered while headers are kept, however little room is left.
void pings_while_a_request_is_kept(void**) {
  Device device({}, {.output = 256});
  make_ready(device);
  FrameScript pings;
  Lines expected = {"HEADERS 1"};
  for (std::uint64_t i = 0; i < 50; ++i) {
    pings.ping(i);
    expected.push_back("PING ack " + std::to_string(i));
  }
  device.port.answers(pings.headers(1, grpc_response()));
  assert_true(device.client.start(call_of()));
  assert_string_equal(next_message(device, 10).c_str(), "(nothing)");
  expect(device.port.sent(), expected);
}

void the_deadline_bounds_both_attempts(void**) {
  Device device;
  make_ready(device);
  device.port.sends_at(1600, refusal(1));
  device.port.sends_at(1700, FrameScript().ping(1));
  echo(device, "hello", 1000);
  assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
  assert_true(device.client.retried());
  assert_int_equal(device.port.now_ms, 2000);
  assert_int_equal(device.port.requests.size(), 2);
  assert_string_equal(timeout_of(device.port.requests[0]).c_str(), "1000m");
  assert_string_equal(timeout_of(device.port.requests[1]).c_str(), "400m");
}

// A server that goes away may be gone.
void the_deadline_includes_the_new_connection(void**) {
  for (const bool unary : {true, false}) {
    Device device;
    make_ready(device);
    device.port.sends_at(1600, FrameScript().goaway(0, ErrorCode::NoError));
    device.port.refuses = true;
    device.port.refusal_ms = 60'000;
    if (unary) {
      echo(device, "hello", 1000);
    } else {
      device.client.start(call_of(1000));
      assert_string_equal(next_message(device).c_str(), "(over)");
    }
    assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED no connection");
    assert_int_equal(device.port.now_ms, 2000);
    assert_true(device.client.retry_in_ms() > 0);
  }
  Device refused;
  make_ready(refused);
  refused.port.answers(FrameScript().goaway(0, ErrorCode::NoError));
  refused.port.refuses = true;
  echo(refused, "hello");
  assert_string_equal(refused.outcome().c_str(), "UNAVAILABLE no connection");
}

void the_time_to_connect_reduces_the_timeout(void**) {
  mote_options options{};
  options.connect_timeout_ms = 700;
  Device device(options);
  device.port.sends_settings = false;
  device.port.sends_at(1000, FrameScript().settings({{3, 0}}).settings_ack());
  device.port.sends_at(1250, FrameScript().settings({{3, 1}}));
  device.client.connect();
  device.port.answers(answer(1, encoded("late")));
  assert_string_equal(echo(device, "hello").c_str(), "late");
  assert_string_equal(timeout_of(device.port.requests[0]).c_str(), "750m");
}

// Nothing of the call has been sent yet.
void goaway_while_the_call_waits_for_its_stream(void**) {
  Device device;
  device.port.sends_settings = false;
  device.port.sends_at(1000, FrameScript().settings({{3, 0}}).settings_ack());
  assert_true(device.client.connect());
  device.port.sends_at(1500, FrameScript().goaway(0, ErrorCode::NoError));
  device.port.answers(FrameScript().settings().raw(answer(1, "new server").bytes()));
  assert_string_equal(device.ask("x").c_str(), "new server");
  assert_true(device.client.retried());
  assert_int_equal(device.port.requests.size(), 1);
  assert_int_equal(device.port.connects, 2);
}

// A kept request that is not repeated does not disturb later frames.
void a_call_after_a_kept_request(void**) {
  for (const bool lost : {true, false}) {
    Device device;
    make_ready(device);
    device.port.answers(FrameScript());
    device.client.start(call_of());
    assert_string_equal(next_message(device, 10).c_str(), "(nothing)");
    if (lost) device.port.closes();
    device.client.cancel();
    device.client.poll();
    device.port.answers(answer(lost ? 1 : 3, encoded("next")));
    assert_string_equal(echo(device, "hello").c_str(), "next");
    assert_int_equal(device.port.connects, lost ? 2 : 1);
    assert_string_equal(timeout_of(device.port.requests[1]).c_str(), "1000m");
  }
}

void the_c_interface(void**) {
  FakePort port;
  const mote_port functions = port.functions();
  const mote_options options{};
  std::uint8_t input[64];
  std::uint8_t output[512];
  std::uint8_t scratch[128];
  std::uint8_t messages[256];
  std::uint8_t text[32];
  const mote_memory memory = {MOTE_SPAN(input), MOTE_SPAN(output), MOTE_SPAN(scratch), MOTE_SPAN(messages),
                              MOTE_SPAN(text)};
  mote_client client{};
  mote_client_init(&client, &functions, &options, &memory);
  const mote_call call = call_of();
  const echo_EchoRequest request{};
  echo_EchoReply reply{};
  port.answers(refusal(1));
  port.answers(answer(3, encoded("at last")));
  assert_int_equal(mote_unary(&client, &call, echo_EchoRequest_fields, &request, echo_EchoReply_fields, &reply),
                   MOTE_OK);
  assert_true(mote_call_retried(&client));
  assert_false(mote_call_unprocessed(&client));

  port.answers(refusal(5));
  assert_true(mote_call_start(&client, &call));
  assert_true(mote_call_send(&client, "x", 1, false));
  mote_stretch message{};
  assert_int_equal(mote_call_receive(&client, &message, MOTE_TO_DEADLINE), MOTE_OVER);
  assert_int_equal(mote_call_status(&client), MOTE_UNAVAILABLE);
  assert_false(mote_call_retried(&client));
  assert_true(mote_call_unprocessed(&client));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_unary_call_that_is_refused_is_repeated),
      cmocka_unit_test(no_call_is_repeated_twice),
      cmocka_unit_test(a_unary_call_above_the_last_stream_of_goaway_is_repeated),
      cmocka_unit_test(a_call_that_the_server_may_have_processed_is_not_repeated),
      cmocka_unit_test(a_large_request_is_repeated_from_its_beginning),
      cmocka_unit_test(a_stream_is_repeated_before_its_first_message),
      cmocka_unit_test(a_stream_is_repeated_on_a_new_connection),
      cmocka_unit_test(a_stream_is_repeated_while_it_is_polled),
      cmocka_unit_test(a_stream_is_not_repeated_after_its_first_message),
      cmocka_unit_test(pings_while_a_request_is_kept),
      cmocka_unit_test(the_deadline_bounds_both_attempts),
      cmocka_unit_test(the_deadline_includes_the_new_connection),
      cmocka_unit_test(the_time_to_connect_reduces_the_timeout),
      cmocka_unit_test(goaway_while_the_call_waits_for_its_stream),
      cmocka_unit_test(a_call_after_a_kept_request),
      cmocka_unit_test(the_c_interface),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
