// Corners of the client: a byte stream that stops taking bytes at each step, a server that is gone at each step, and callers that
// go on behind the end.
#include <functional>
#include <string>

#include "support/cmocka_test.h"
#include "support/device.h"
#include "support/lines.h"

namespace {

using namespace mote::test;
using mote::as_bytes;
using mote::Bytes;
using mote::StatusCode;
using mote::device::Received;
using mote::http2::ErrorCode;
using mote::http2::FrameType;

constexpr std::uint16_t kMaxStreams = 3;
constexpr std::uint16_t kInitialWindow = 4;

mote_call call_of(std::uint32_t timeout_ms = 1000) {
  mote_call call{};
  call.path = "/a.B/C";
  call.timeout_ms = timeout_ms;
  return call;
}

// --- Nothing can be written any more ---

// After so many writes that work, a call ends and the connection is closed, at whatever step it is.
void a_byte_stream_that_stops_accepting_bytes(void**) {
  for (unsigned writes = 0; writes < 3; ++writes) {
    Device device;
    device.port.free_writes = writes;
    device.port.answers(FrameScript().headers(1, grpc_response()));
    const bool started = device.client.start(call_of());
    const bool sent = started && device.client.send(as_bytes("hello"), true);
    Bytes reply;
    device.client.receive_only(reply);
    assert_false(writes < 1 && sent);
    assert_int_equal(device.client.status(), StatusCode::DeadlineExceeded);
    if (writes < 2) assert_false(device.client.connected());
    assert_int_equal(device.port.disconnects, device.client.connected() ? 0 : 1);
  }
}

void a_message_that_is_larger_than_the_writer_and_cannot_be_written(void**) {
  Device device({}, {.output = 256});
  device.client.connect();
  assert_true(device.client.start(call_of()));
  device.port.blocks_writes = true;
  assert_false(device.client.send(as_bytes(std::string(1000, 'x')), true));
  assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
  assert_false(device.client.connected());
}

void connect_that_cannot_write(void**) {
  // The preface; the acknowledgement of the server's SETTINGS.
  for (unsigned writes = 0; writes < 2; ++writes) {
    Device device;
    device.port.free_writes = writes;
    assert_false(device.client.connect());
    assert_false(device.client.connected());
    assert_int_equal(device.port.disconnects, 1);
  }
  Device device;
  device.port.free_writes = 2;
  assert_true(device.client.connect());
}

void poll_that_cannot_write(void**) {
  for (const bool at_once : {true, false}) {
    Device device;
    assert_true(device.client.connect());
    device.port.sends(FrameScript().ping(1));
    // The answer is due behind what poll() itself sends first, which is nothing.
    device.port.blocks_writes = at_once;
    if (!at_once) device.port.free_writes = 0;
    assert_false(device.client.poll());
    assert_false(device.client.connected());
  }
}

// It ends after keepalive_timeout_ms, however long ago the last write was.
void poll_waits_for_its_writes(void**) {
  mote_options options{};
  options.keepalive_timeout_ms = 700;
  Device device(options);
  assert_true(device.client.connect());
  device.port.now_ms += 60'000;
  const std::uint32_t begun_ms = device.port.now_ms;
  device.port.sends(FrameScript().ping(1));
  device.port.blocks_writes = true;
  assert_false(device.client.poll());
  assert_int_equal(device.port.now_ms, begun_ms + 700);
}

// Nothing is read from a connection that was closed because of a write.
void a_connection_that_was_closed_is_not_read(void**) {
  Device device;
  assert_true(device.client.connect());
  assert_true(device.client.start(call_of()));
  device.port.blocks_writes = true;
  const unsigned reads = device.port.reads;
  Bytes message;
  assert_int_equal(device.client.receive(message), Received::Over);
  assert_false(device.client.connected());
  assert_int_equal(device.port.reads, reads);
}

void poll_without_a_time_does_not_wait(void**) {
  Device device;
  assert_true(device.client.connect());
  const std::uint32_t before_ms = device.port.now_ms;
  assert_true(device.client.poll());
  assert_true(device.client.poll());
  assert_int_equal(device.port.now_ms, before_ms);
}

void close_that_cannot_write(void**) {
  // The wait for the GOAWAY ends after keepalive_timeout_ms, however long ago the last write was.
  mote_options options{};
  options.keepalive_timeout_ms = 700;
  for (const std::uint32_t passed_ms : {0U, 60'000U}) {
    Device device(options);
    assert_true(device.client.connect());
    device.port.blocks_writes = true;
    device.port.now_ms += passed_ms;
    const std::uint32_t closed_ms = device.port.now_ms;
    device.client.close();
    assert_int_equal(device.port.now_ms, closed_ms + 700);
    assert_false(device.client.connected());
    assert_int_equal(device.port.disconnects, 1);
  }
}

// The GOAWAY with our reason has no way out.
void a_fault_of_the_server_while_nothing_can_be_written(void**) {
  for (const bool blocked : {false, true}) {
    Device device;
    device.client.connect();
    assert_true(device.client.start(call_of()));
    device.client.poll();
    device.port.blocks_writes = blocked;
    device.port.sends(FrameScript().data(0, "x"));
    Bytes message;
    assert_int_equal(device.client.receive(message), Received::Over);
    assert_string_equal(device.outcome().c_str(), "INTERNAL frame on a wrong stream");
    assert_false(device.client.connected());
    assert_int_equal(device.port.disconnects, 1);
  }
}

// So many PINGs that their answers do not fit the writer: it has to be emptied between them.
void answers_that_do_not_fit_the_writer(void**) {
  for (const bool blocked : {false, true}) {
    Device device({}, {.input = 512, .output = 256});
    device.client.connect();
    device.client.poll();
    FrameScript pings;
    for (int i = 0; i < 20; ++i)
      pings.ping(1);
    device.port.sends(pings);
    device.port.blocks_writes = blocked;
    assert_int_equal(device.client.poll(), !blocked);
    assert_int_equal(device.client.connected(), !blocked);
  }
}

// 300 frames without progress are more than a connection may receive, but each call permits some.
void a_few_pings_for_each_call(void**) {
  Device device;
  device.client.connect();
  FrameScript pings;
  for (int i = 0; i < 10; ++i)
    pings.ping(1);
  for (int call = 0; call < 30; ++call) {
    assert_true(device.client.start(call_of()));
    device.port.sends(pings);
    assert_true(device.client.poll());
    device.client.cancel();
    assert_true(device.client.connected());
  }
}

// The PINGs that end the connection, behind 100 of a call and what `then` does.
unsigned pings_until_closed(const std::function<void(Device&)>& then) {
  Device device;
  device.client.connect();
  assert_true(device.client.start(call_of()));
  const auto ping = [&device] {
    device.port.sends(FrameScript().ping(1));
    return device.client.poll();
  };
  for (int i = 0; i < 100; ++i)
    assert_true(ping());
  then(device);
  unsigned count = 1;
  while (ping())
    ++count;
  return count;
}

void progress_permits_a_few_frames(void**) {
  const unsigned without = pings_until_closed([](Device&) {});
  const unsigned after_call = pings_until_closed([](Device& device) { device.client.cancel(); });
  const unsigned after_message = pings_until_closed([](Device& device) {
    device.port.sends(FrameScript().headers(1, grpc_response()).data(1, prefixed("a")));
    Bytes message;
    assert_true(device.client.receive(message) == Received::Message);
  });
  assert_int_equal(after_call, without + 16);
  assert_int_equal(after_message, without + 4 - 1);  // The head of the response is no progress.
}

// A frame without progress is permitted for each 64 ms without a byte of the server.
void silence_permits_a_few_frames(void**) {
  for (const std::uint32_t frames : {10U, 11U}) {
    Device device;
    device.client.connect();
    const auto ping = [&device](std::uint32_t count) {
      for (std::uint32_t i = 0; i < count; ++i) {
        device.port.sends(FrameScript().ping(1));
        if (!device.client.poll()) return false;
      }
      return true;
    };
    device.port.now_ms += 60'000;
    assert_true(ping(mote::http2::ClientConnection::kIdleFrames));
    device.port.now_ms += 639;
    assert_true(ping(9));
    device.port.now_ms += 640;
    assert_int_equal(ping(frames), frames == 10);
  }
}

// --- The server is gone, or does not let us in ---

void the_server_closes_before_its_settings(void**) {
  Device device;
  device.port.sends_settings = false;
  device.port.closes_at_once = true;
  assert_false(device.client.connect());
  assert_false(device.client.connected());
  assert_int_equal(device.port.disconnects, 1);
}

void no_stream_is_allowed_until_the_deadline(void**) {
  Device device;
  device.port.sends_settings = false;
  device.port.sends_at(device.port.now_ms, FrameScript().settings({{kMaxStreams, 0}}).settings_ack());
  assert_true(device.client.connect());
  assert_false(device.client.start(call_of()));
  assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
  assert_true(device.client.connected());
}

// The server goes away while the call waits for a stream, and takes no further connection.
void no_stream_is_allowed_and_no_further_connection(void**) {
  for (const bool refuses : {false, true}) {
    Device device;
    device.port.sends_settings = false;
    device.port.sends_at(device.port.now_ms, FrameScript().settings({{kMaxStreams, 0}}).settings_ack());
    assert_true(device.client.connect());
    device.port.sends_at(device.port.now_ms + 10, FrameScript().goaway(0, ErrorCode::NoError));
    device.port.sends_settings = true;
    device.port.refuses = refuses;
    assert_int_equal(device.client.start(call_of()), !refuses);
    assert_int_equal(device.port.connects, 2);
  }
}

// --- Behind the end of a call ---

void sending_after_the_end_does_nothing(void**) {
  Device device;
  assert_false(device.client.end_sending());
  assert_false(device.client.send(as_bytes("x")));
  assert_int_equal(device.client.cancel(), StatusCode::Ok);
  assert_int_equal(device.port.connects, 0);
  assert_true(device.client.start(call_of()));
  device.client.cancel();
  assert_false(device.client.end_sending());
  assert_string_equal(device.outcome().c_str(), "CANCELLED cancelled");
}

void the_end_of_sending_is_sent_once(void**) {
  Device device;
  assert_true(device.client.start(call_of()));
  device.client.poll();
  device.port.sent();
  assert_true(device.client.end_sending());
  expect(device.port.sent(), {"DATA 1 end "});
  assert_true(device.client.end_sending());
  expect(device.port.sent(), {});
}

void sending_that_ends_inside_a_message(void**) {
  Device device;
  assert_true(device.client.start(call_of()));
  assert_true(device.client.begin_message(5));
  assert_true(device.client.put(as_bytes("four")));
  assert_false(device.client.end_sending());
  assert_string_equal(device.outcome().c_str(), "INTERNAL not the announced size");
  device.client.poll();
  const Lines sent = device.port.sent();
  expect({sent.begin() + 2, sent.end()}, {"HEADERS 1", "RST_STREAM 1 CANCEL", "SETTINGS ack"});
}

// The call ends while a part waits for a window.
void a_part_that_cannot_be_sent(void**) {
  Device device;
  device.port.sends_settings = false;
  device.port.sends_at(device.port.now_ms, FrameScript().settings({{kInitialWindow, 7}}).settings_ack());
  assert_true(device.client.connect());
  assert_true(device.client.start(call_of()));
  assert_true(device.client.begin_message(5));
  assert_false(device.client.put(as_bytes("hello")));
}

// The headers leave less room than a DATA frame needs.
void a_message_behind_headers_that_fill_the_writer(void**) {
  unsigned started = 0;
  for (std::size_t output = 128; output < 256; ++output) {
    Device device({}, {.output = output});
    if (!device.client.start(call_of())) continue;
    ++started;
    assert_true(device.client.send(as_bytes("hello"), true));
    device.port.sends(answer(1, "reply"));
    Bytes reply;
    assert_int_equal(device.client.receive_only(reply), StatusCode::Ok);
  }
  assert_in_range(started, 10, 127);
}

// The server refuses it then: a message has been begun, so the client does not repeat the call.
void a_call_that_is_refused_while_it_waits_for_a_window(void**) {
  Device device;
  device.port.sends_settings = false;
  device.port.sends_at(device.port.now_ms, FrameScript().settings({{kInitialWindow, 0}}).settings_ack());
  assert_true(device.client.connect());
  assert_true(device.client.start(call_of()));
  device.port.sends_at(device.port.now_ms + 10, FrameScript().rst_stream(1, ErrorCode::RefusedStream));
  assert_false(device.client.send(as_bytes("hello"), true));
  assert_string_equal(device.outcome().c_str(), "UNAVAILABLE reset by the server");
  assert_int_equal(device.port.requests.size(), 1);
}

// The rest of the headers is awaited.
void a_malformed_field_does_not_end_the_call_yet(void**) {
  Device device;
  device.port.answers(FrameScript().headers(1, Block(grpc_response()).literal("Upper", "1"), 0));
  assert_true(device.client.start(call_of()));
  assert_true(device.client.poll());
  assert_false(device.client.over());
  device.port.sends(FrameScript().continuation(1, {}));
  assert_true(device.client.poll());
  assert_int_equal(device.client.status(), StatusCode::Internal);
}

// The window is exhausted inside the message, and inside its prefix.
void a_window_that_never_opens(void**) {
  for (const std::uint32_t window : {0U, 3U, 7U}) {
    Device device;
    device.port.sends_settings = false;
    device.port.sends_at(device.port.now_ms, FrameScript().settings({{kInitialWindow, window}}).settings_ack());
    assert_true(device.client.connect());
    assert_true(device.client.start(call_of()));
    assert_false(device.client.send(as_bytes("hello"), true));
    assert_string_equal(device.outcome().c_str(), "DEADLINE_EXCEEDED deadline exceeded");
  }
}

// Two replies, and no end: the client does not wait for it.
void a_second_reply_ends_a_unary_call(void**) {
  Device device;
  device.port.answers(FrameScript().headers(1, grpc_response()).data(1, prefixed("one") + prefixed("two")));
  const std::uint32_t begun_ms = device.port.now_ms;
  assert_string_equal(device.ask("x").c_str(), "");
  assert_string_equal(device.outcome().c_str(), "UNIMPLEMENTED not exactly one reply");
  assert_int_equal(device.port.now_ms, begun_ms);
}

void metadata_above_the_limit_is_not_reported(void**) {
  mote_options options{};
  options.header_bytes = 200;
  Device device(options);
  std::string names;
  mote_call call = call_of();
  call.context = &names;
  call.on_metadata = [](void* context, mote_text name, mote_text, bool) {
    static_cast<std::string*>(context)->append(name.data, name.size).append(" ");
  };
  device.port.answers(FrameScript().headers(
      1, Block(grpc_response()).literal("first", "1").literal("second", std::string(90, 'x')).literal("third", "3"),
      kEndAll));
  assert_true(device.client.start(call));
  device.client.end_sending();
  Bytes message;
  assert_int_equal(device.client.receive(message), Received::Over);
  assert_string_equal(names.c_str(), "first ");
  assert_string_equal(device.outcome().c_str(), "RESOURCE_EXHAUSTED headers too large");
}

// A fault between calls ends the connection, and leaves the last call's outcome.
void a_fault_between_calls(void**) {
  Device device;
  device.port.answers(answer(1, "hello"));
  assert_string_equal(device.ask("x").c_str(), "hello");
  device.port.sends(FrameScript().data(0, "x"));
  assert_false(device.client.poll());
  assert_string_equal(device.outcome().c_str(), "OK ");
}

// The pause after a connection that worked and broke HTTP/2 is the first one again.
void a_connection_that_works_forgets_failed_attempts(void**) {
  Device device;
  device.port.refuses = true;
  for (int attempt = 0; attempt < 6; ++attempt) {
    assert_false(device.client.connect());
    device.port.now_ms += device.client.retry_in_ms();
  }
  device.port.refuses = false;
  assert_true(device.client.connect());
  device.port.sends(FrameScript().data(0, "x"));
  assert_false(device.client.poll());
  assert_in_range(device.client.retry_in_ms(), 800, 1200);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_byte_stream_that_stops_accepting_bytes),
      cmocka_unit_test(a_message_that_is_larger_than_the_writer_and_cannot_be_written),
      cmocka_unit_test(connect_that_cannot_write),
      cmocka_unit_test(poll_that_cannot_write),
      cmocka_unit_test(poll_waits_for_its_writes),
      cmocka_unit_test(a_connection_that_was_closed_is_not_read),
      cmocka_unit_test(poll_without_a_time_does_not_wait),
      cmocka_unit_test(close_that_cannot_write),
      cmocka_unit_test(a_fault_of_the_server_while_nothing_can_be_written),
      cmocka_unit_test(answers_that_do_not_fit_the_writer),
      cmocka_unit_test(a_few_pings_for_each_call),
      cmocka_unit_test(progress_permits_a_few_frames),
      cmocka_unit_test(silence_permits_a_few_frames),
      cmocka_unit_test(the_server_closes_before_its_settings),
      cmocka_unit_test(no_stream_is_allowed_until_the_deadline),
      cmocka_unit_test(no_stream_is_allowed_and_no_further_connection),
      cmocka_unit_test(sending_after_the_end_does_nothing),
      cmocka_unit_test(the_end_of_sending_is_sent_once),
      cmocka_unit_test(sending_that_ends_inside_a_message),
      cmocka_unit_test(a_part_that_cannot_be_sent),
      cmocka_unit_test(a_message_behind_headers_that_fill_the_writer),
      cmocka_unit_test(a_call_that_is_refused_while_it_waits_for_a_window),
      cmocka_unit_test(a_malformed_field_does_not_end_the_call_yet),
      cmocka_unit_test(a_window_that_never_opens),
      cmocka_unit_test(a_second_reply_ends_a_unary_call),
      cmocka_unit_test(metadata_above_the_limit_is_not_reported),
      cmocka_unit_test(a_fault_between_calls),
      cmocka_unit_test(a_connection_that_works_forgets_failed_attempts),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
