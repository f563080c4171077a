// The client's end: the streams it opens and how they end, frames that must not come, frames without progress
// (RFC 9113 5.1, 6, 10.5).
#include "http2/client/client_connection.h"

#include "support/client_end.h"
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ClientConnection;
using mote::http2::ErrorCode;
using mote::http2::FrameType;
using mote::http2::kAck;
using mote::http2::kEndHeaders;
using mote::http2::kEndStream;
using mote::http2::kPadded;
using mote::http2::kPriority;

constexpr std::uint16_t kInitialWindow = 4;
constexpr std::uint16_t kFrameSize = 5;

void the_preface_and_settings(void**) {
  ClientEnd client({.stream_window_bytes = 700, .header_bytes = 900});
  client.start();
  const Octets output = client.output();
  const std::size_t preface = mote::http2::kPreface.size();
  assert_memory_equal(output.data(), mote::http2::kPreface.data(), preface);
  expect(lines_of(std::span(output).subspan(preface)), {"SETTINGS 1=0 2=0 4=700 6=900", "WINDOW_UPDATE 0 +983041"});
  assert_false(client.connection.established());
  client.feed(FrameScript().settings());
  assert_true(client.connection.established());
  expect(client.sent(), {"SETTINGS ack"});
}

void a_complete_call(void**) {
  ReadyClient client;
  client.open();
  assert_int_equal(client.send_data("question", true), 8);
  expect(client.sent(), {"DATA 1 end question"});
  client.feed(
      FrameScript().headers(1, response()).data(1, "answer").headers(1, Block().literal("grpc-status", "0"), kEndAll));
  expect(client.received(), {"200 headers", "data answer", "field grpc-status: 0", "end"});
  expect(client.sent(), {});
}

void the_header_block_begins_with_a_size_update_to_0(void**) {
  ReadyClient client;
  client.connection.begin_request();
  client.connection.out().bytes(request().bytes());
  assert_true(client.connection.open());
  const Octets output = client.output();
  assert_int_equal(output[2], request().bytes().size() + 1);
  assert_int_equal(output[9], 0x20);
}

void ids_grow_and_each_stream_starts_with_new_state(void**) {
  ReadyClient client({.stream_window_bytes = 10});
  for (std::uint32_t id = 1; id < 20; id += 2) {
    client.open(true);
    assert_int_equal(client.connection.allowed_bytes(), 10);
    client.feed(FrameScript().headers(id, response()).data(id, "0123456789", kEndStream));
    expect(client.received(), {"200 headers", "data 0123456789", "end"});
  }
}

// A response may end before the request: then the client resets the stream with NO_ERROR.
void a_response_before_the_request_has_ended(void**) {
  ReadyClient client;
  client.open();
  client.feed(FrameScript().headers(1, response(), kEndAll).rst_stream(1, ErrorCode::NoError));
  expect(client.received(), {"end"});
  expect(client.sent(), {"RST_STREAM 1 NO_ERROR"});
}

void every_split_is_the_same(void**) {
  const Octets script = FrameScript()
                            .settings({{kInitialWindow, 70000}, {kFrameSize, 20000}})
                            .headers(1, grpc_response().literal("x-a", "1"), 0)
                            .continuation(1, Block().literal("x-b", "2").bytes())
                            .padded_data(1, "some data", 20)
                            .ping(0x0102030405060708)
                            .window_update(1, 5)
                            .headers(1, Block().literal("grpc-status", "0"), kEndAll)
                            .goaway(1, ErrorCode::NoError, "a reason of some length")
                            .bytes();
  for (std::size_t piece = 1; piece < script.size(); ++piece) {
    ReadyClient client;
    client.open(true);
    client.feed_in_pieces(script, [piece] { return piece; });
    expect(client.received(), {"field content-type: application/grpc", "field x-a: 1", "field x-b: 2", "200 headers",
                               "data some data", "field grpc-status: 0", "end"});
    expect(client.sent(), {"SETTINGS ack", "PING ack 72623859790382856"});
    assert_true(client.connection.draining());
  }
}

// It stops before a frame if there may be no room for the answer.
void little_room_to_write(void**) {
  ReadyClient client({}, ClientConnection::kReserveBytes);
  FrameScript pings;
  for (std::uint64_t i = 0; i < 30; ++i)
    pings.ping(i);
  client.feed(pings);
  assert_int_equal(client.sent().size(), 30);
}

void frames_before_the_servers_settings(void**) {
  const FrameScript scripts[] = {FrameScript().ping(1), FrameScript().settings_ack(),
                                 FrameScript().raw(octets("HTTP/1.1 400 Bad Request\r\n"))};
  for (const FrameScript& script : scripts) {
    ClientEnd client;
    client.start();
    client.drain();
    client.feed(script);
    expect(client.received(), {"failed PROTOCOL_ERROR the first frame is not SETTINGS"});
  }
}

void frames_of_a_wrong_size(void**) {
  const char* wanted = "failed FRAME_SIZE_ERROR frame of a wrong size";
  const FrameScript scripts[] = {
      FrameScript().frame_head(16'385, FrameType::Data, 0, 1),
      FrameScript().frame_head(16'385, static_cast<FrameType>(0x77), 0, 0),
      FrameScript().frame(FrameType::Data, kPadded, 1, {}),
      FrameScript().frame(FrameType::Headers, kPriority | kEndHeaders, 1, Octets(4)),
      FrameScript().frame(FrameType::Priority, 0, 1, Octets(4)),
      FrameScript().frame(FrameType::RstStream, 0, 1, Octets(3)),
      FrameScript().frame(FrameType::RstStream, 0, 1, Octets(5)),
      FrameScript().frame(FrameType::Settings, 0, 0, Octets(5)),
      FrameScript().frame(FrameType::Settings, 0, 0, Octets(13)),
      FrameScript().frame(FrameType::Settings, kAck, 0, Octets(6)),
      FrameScript().frame(FrameType::Ping, 0, 0, Octets(7)),
      FrameScript().frame(FrameType::Ping, 0, 0, Octets(9)),
      FrameScript().frame(FrameType::GoAway, 0, 0, Octets(7)),
      FrameScript().frame(FrameType::WindowUpdate, 0, 0, Octets(3)),
  };
  for (const FrameScript& script : scripts)
    assert_string_equal(last_of(script).c_str(), wanted);
}

void frames_on_a_wrong_stream(void**) {
  const char* wanted = "failed PROTOCOL_ERROR frame on a wrong stream";
  const FrameScript scripts[] = {
      FrameScript().data(0, "x"),
      FrameScript().headers(0, response()),
      FrameScript().priority(0),
      FrameScript().rst_stream(0, ErrorCode::Cancel),
      FrameScript().continuation(0, {}),
      FrameScript().frame(FrameType::Settings, 0, 1, {}),
      FrameScript().frame(FrameType::Ping, 0, 1, Octets(8)),
      FrameScript().frame(FrameType::GoAway, 0, 1, Octets(8)),
      // Streams that were never opened.
      FrameScript().headers(3, response()),
      FrameScript().headers(2, response()),
      FrameScript().data(3, "x"),
      FrameScript().rst_stream(3, ErrorCode::Cancel),
      FrameScript().window_update(2, 1),
  };
  for (const FrameScript& script : scripts)
    assert_string_equal(last_of(script).c_str(), wanted);
}

void frames_on_a_closed_stream_are_discarded(void**) {
  ReadyClient client;
  client.open();
  client.feed(FrameScript().headers(1, response()));
  client.received();
  client.connection.reset();
  client.open();
  client.output();
  client.feed(FrameScript()
                  .data(1, "under way for a closed stream", 0)
                  .headers(1, Block().indexed(0).literal("lost", "yes"), kEndAll)
                  .rst_stream(1, ErrorCode::NoError)
                  .window_update(1, 0x7fffffff)
                  .headers(3, response(), kEndAll));
  expect(client.received(), {"end"});
}

// In the middle of a frame or header block, too.
void a_stream_that_is_reset_while_it_is_read(void**) {
  ReadyClient client;
  client.open();
  const Octets frames = FrameScript()
                            .headers(1, response())
                            .data(1, "0123456789")
                            .headers(1, Block().literal("a", "b").literal("c", "d"), kEndAll)
                            .bytes();
  for (std::size_t at = 1; at < frames.size(); ++at) {
    ReadyClient other;
    other.open();
    other.feed(Octets(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(at)));
    other.connection.reset();
    other.received();
    other.feed(Octets(frames.begin() + static_cast<std::ptrdiff_t>(at), frames.end()));
    expect(other.received(), {});
    other.open();
    other.feed(FrameScript().headers(3, response(), kEndAll));
    expect(other.received(), {"end"});
  }
}

void resets_by_the_server(void**) {
  ReadyClient client;
  client.open();
  client.feed(FrameScript().rst_stream(1, ErrorCode::RefusedStream));
  expect(client.received(), {"reset REFUSED_STREAM"});
  client.feed(FrameScript().headers(1, response()).data(1, "late"));
  expect(client.received(), {});
  client.open(true);
  client.feed(FrameScript().headers(3, response(), kEndAll));
  expect(client.received(), {"end"});
}

void goaway(void**) {
  ReadyClient client;
  client.open();
  client.feed(FrameScript().goaway(0x7fffffff, ErrorCode::NoError));
  expect(client.received(), {});
  assert_true(client.connection.draining());
  client.feed(FrameScript().goaway(1, ErrorCode::NoError, "restart").headers(1, response()));
  expect(client.received(), {"200 headers"});
  client.feed(FrameScript().goaway(0, ErrorCode::EnhanceYourCalm, "too_many_pings").ping(1));
  expect(client.received(), {"unprocessed"});
  expect(client.sent(), {"PING ack 1"});
  client.feed(FrameScript().data(1, "late"));
  expect(client.received(), {});
}

// RFC 9113 4.1: flags that a type does not have are ignored, the bit of PADDED too.
void flags_that_a_frame_does_not_have(void**) {
  ReadyClient client;
  client.open();
  client.feed(FrameScript().ping(0xff00000000000000, mote::http2::kPadded));
  expect(client.received(), {});
  expect(client.sent(), {"PING ack 18374686479671623680"});
}

void push_is_refused(void**) {
  assert_string_equal(last_of(FrameScript().frame(FrameType::PushPromise, kEndHeaders, 1, Octets(4, 2))).c_str(),
                      "failed PROTOCOL_ERROR PUSH_PROMISE");
}

void frames_without_progress_have_a_limit(void**) {
  const FrameScript frames[] = {FrameScript().ping(1),
                                FrameScript().ping(1, kAck),
                                FrameScript().settings(),
                                FrameScript().settings_ack(),
                                FrameScript().window_update(0, 1),
                                FrameScript().priority(5),
                                FrameScript().goaway(1, ErrorCode::NoError),
                                FrameScript().data(1, "x"),
                                FrameScript().rst_stream(1, ErrorCode::Cancel),
                                FrameScript().headers(1, response()),
                                FrameScript().frame(0x55, 0xff, 77, octets("unknown"))};
  for (const FrameScript& frame : frames) {
    ReadyClient client;
    client.open();
    client.connection.reset();
    unsigned count = 0;
    for (; !client.failed(); ++count) {
      client.feed(frame);
      client.drain();
    }
    assert_in_range(count, ClientConnection::kIdleFrames, ClientConnection::kIdleFrames + 1);
    expect(client.received(), {"failed ENHANCE_YOUR_CALM too many frames without progress"});
  }
}

void frames_without_progress_are_refunded(void**) {
  ReadyClient client;
  client.open();
  for (unsigned i = 0; i < 10 * ClientConnection::kIdleFrames; ++i) {
    client.send_data("x", false);
    client.feed(FrameScript().window_update(0, 1).window_update(1, 1).ping(1).settings({{kInitialWindow, 65535}}));
    client.drain();
    client.connection.refund_idle_frames(1);
    client.feed(FrameScript().ping(1));
    client.drain();
  }
  assert_false(client.failed());
}

// As HAProxy does: a WINDOW_UPDATE for the stream and one for the connection for each piece of a frame that it reads.
void window_updates_for_pieces_of_data_are_free(void**) {
  constexpr std::uint32_t kPiece = 1024;
  const std::string frame(16384, 'x');
  ReadyClient client;
  client.open();
  for (unsigned i = 0; i < 10 * ClientConnection::kIdleFrames; ++i) {
    assert_int_equal(client.send_data(frame, false), frame.size());
    for (std::size_t read = 0; read < frame.size(); read += kPiece)
      client.feed(FrameScript().window_update(1, kPiece).window_update(0, kPiece));
    client.drain();
  }
  assert_false(client.failed());
}

void window_updates_for_small_frames_are_free(void**) {
  ReadyClient client;
  client.open();
  for (unsigned i = 0; i < 10 * ClientConnection::kIdleFrames; ++i) {
    assert_int_equal(client.send_data("message", false), 7);
    client.feed(FrameScript().window_update(1, 3).window_update(0, 3).window_update(1, 4).window_update(0, 4));
    client.feed(FrameScript().settings().ping(1));
    client.drain();
  }
  assert_false(client.failed());
}

void both_ends_exchange_calls(void**) {
  ClientEnd client;
  ServerEnd server;
  client.start();
  server.start();
  server.feed(client.output());
  client.feed(server.output());
  assert_true(client.open(request({{"te", "trailers"}}), false));
  assert_int_equal(client.send_data("ping", true), 4);
  server.feed(client.output());
  expect(server.received("data"), {"data 1 ping"});
  assert_true(server.send_headers(1, response(), false));
  assert_int_equal(server.send_data(1, "pong", false), 4);
  assert_true(server.send_headers(1, Block().literal("grpc-status", "0"), true));
  client.feed(server.output());
  expect(client.received(), {"200 headers", "data pong", "field grpc-status: 0", "end"});
}

void requests_that_do_not_fit(void**) {
  ReadyClient client({}, 200);
  assert_false(client.ClientEnd::open(request({{"x", std::string(150, 'x')}}), false));
  ReadyClient large;
  assert_false(large.ClientEnd::open(request({{"x", std::string(20000, 'x')}}), false));
  assert_true(large.ClientEnd::open(request(), false));
  assert_int_equal(large.sent().size(), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_preface_and_settings),
      cmocka_unit_test(a_complete_call),
      cmocka_unit_test(the_header_block_begins_with_a_size_update_to_0),
      cmocka_unit_test(ids_grow_and_each_stream_starts_with_new_state),
      cmocka_unit_test(a_response_before_the_request_has_ended),
      cmocka_unit_test(every_split_is_the_same),
      cmocka_unit_test(little_room_to_write),
      cmocka_unit_test(frames_before_the_servers_settings),
      cmocka_unit_test(frames_of_a_wrong_size),
      cmocka_unit_test(frames_on_a_wrong_stream),
      cmocka_unit_test(frames_on_a_closed_stream_are_discarded),
      cmocka_unit_test(a_stream_that_is_reset_while_it_is_read),
      cmocka_unit_test(resets_by_the_server),
      cmocka_unit_test(goaway),
      cmocka_unit_test(flags_that_a_frame_does_not_have),
      cmocka_unit_test(push_is_refused),
      cmocka_unit_test(frames_without_progress_have_a_limit),
      cmocka_unit_test(frames_without_progress_are_refunded),
      cmocka_unit_test(window_updates_for_pieces_of_data_are_free),
      cmocka_unit_test(window_updates_for_small_frames_are_free),
      cmocka_unit_test(both_ends_exchange_calls),
      cmocka_unit_test(requests_that_do_not_fit),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
