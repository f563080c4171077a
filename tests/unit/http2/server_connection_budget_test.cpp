// What a peer may cost: resets (CVE-2023-44487 and its kin) and frames that bring no call further.
#include <string>

#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ConnectionLimits;
using mote::http2::ErrorCode;
using mote::http2::kAck;
using mote::http2::kEndStream;
using mote::http2::ProvokedFrames;

const Lines kTooManyResets = {"GOAWAY 7 ENHANCE_YOUR_CALM too many resets"};

// Three are free, the fourth ends the connection; `next` makes the peer spend one on stream `id`.
template <typename Next>
void expect_resets_to_run_out(Next next) {
  ReadyServer server(ConnectionLimits{.streams = 4, .reset_budget = 3});
  for (unsigned id = 1; id < 8; id += 2) {
    server.feed(next(id));
    assert_int_equal(server.connection.failed(), id == 7);
  }
  expect(server.received("limit resets"), {"limit resets"});
  Lines sent = server.sent();
  expect({sent.back()}, kTooManyResets);
}

void test_resets_by_the_peer(void**) {
  expect_resets_to_run_out(
      [](unsigned id) { return FrameScript().headers(id, request()).rst_stream(id, ErrorCode::Cancel); });
}

// CVE-2025-8671: what makes us reset costs the same.
void test_resets_that_the_peer_provokes(void**) {
  expect_resets_to_run_out([](unsigned id) { return FrameScript().headers(id, request()).window_update(id, 0); });
  expect_resets_to_run_out(
      [](unsigned id) { return FrameScript().headers(id, request()).window_update(id, 0x7fffffff); });
  expect_resets_to_run_out([](unsigned id) { return FrameScript().headers(id, Block()); });
  expect_resets_to_run_out([](unsigned id) { return FrameScript().headers(id, request(), kEndAll).data(id, "x"); });
  expect_resets_to_run_out([](unsigned id) { return FrameScript().headers(id, request()).headers(id, Block()); });
  expect_resets_to_run_out([](unsigned id) { return FrameScript().prioritized_headers(id, id, request()); });
  expect_resets_to_run_out([](unsigned id) { return FrameScript().headers(id, request()).priority(id, id); });
}

// What is refused on a stream that the peer itself has closed costs the same.
void test_frames_that_are_refused_on_closed_streams(void**) {
  for (const FrameScript& frame : {
           FrameScript().data(1, "to a stream that has ended"),
           FrameScript().window_update(1, 0),
           FrameScript().priority(1, 1),
       }) {
    ReadyServer server(ConnectionLimits{.reset_budget = 3});
    server.feed(FrameScript().headers(1, request(), kEndAll));
    server.send_headers(1, response(), true);
    for (int count = 0; count < 4; ++count) {
      assert_false(server.connection.failed());
      server.feed(frame);
    }
    expect({server.sent().back()}, {"GOAWAY 1 ENHANCE_YOUR_CALM too many resets"});
  }
  for (const bool headers : {true, false}) {
    ReadyServer server(ConnectionLimits{.reset_budget = 3});
    server.open(1);
    server.open(3);
    for (const unsigned id : {1U, 3U}) {
      assert_false(server.connection.failed());
      server.feed(FrameScript().rst_stream(id, ErrorCode::Cancel));
      assert_false(server.connection.failed());
      server.feed(headers ? FrameScript().headers(id, Block(), kEndAll) : FrameScript().data(id, "x"));
    }
    assert_true(server.connection.failed());
  }
}

void test_streams_refused(void**) {
  ReadyServer server(ConnectionLimits{.streams = 0, .reset_budget = 3});
  for (unsigned id = 1; id < 8; id += 2)
    server.feed(FrameScript().headers(id, request(), kEndAll));
  assert_true(server.connection.failed());
}

// Streams that the owner refuses are not the peer's fault, up to `free_refusals`.
void test_streams_refused_by_the_owner(void**) {
  ReadyServer server(ConnectionLimits{.reset_budget = 3, .free_refusals = 5});
  server.events.accepts_streams = false;
  unsigned id = 1;
  for (; id < 2 * 5; id += 2)
    server.feed(FrameScript().headers(id, request(), kEndAll));
  expect(server.received("limit"), {});
  for (; id < 2 * (5 + 3); id += 2)
    server.feed(FrameScript().headers(id, request(), kEndAll));
  expect(server.received("limit"), {"limit refusals", "limit refusals", "limit refusals"});
  assert_false(server.connection.failed());
  server.connection.refund_refusals(2);
  server.feed(FrameScript().headers(id, request(), kEndAll).headers(id + 2, request(), kEndAll));
  assert_false(server.connection.failed());
  server.feed(FrameScript().headers(id + 4, request(), kEndAll));
  assert_true(server.connection.failed());
  expect({server.sent().back()}, {"GOAWAY 21 ENHANCE_YOUR_CALM too many resets"});
}

// Before it has our SETTINGS a peer knows no limit on its streams.
void test_streams_refused_before_settings(void**) {
  ServerEnd server(ConnectionLimits{.streams = 0, .reset_budget = 3, .free_refusals = 20});
  server.start();
  server.feed(hello());
  for (unsigned id = 1; id < 40; id += 2)
    server.feed(FrameScript().headers(id, request(), kEndAll));
  assert_false(server.connection.failed());
  server.feed(FrameScript().settings_ack());
  for (unsigned id = 41; id < 47; id += 2)
    server.feed(FrameScript().headers(id, request(), kEndAll));
  assert_false(server.connection.failed());
  server.feed(FrameScript().headers(47, request(), kEndAll));
  assert_true(server.connection.failed());
}

// gRPC's C library resets streams that it never opened.
void test_resets_of_idle_streams(void**) {
  ReadyServer server(ConnectionLimits{.reset_budget = 3});
  server.open(1);
  for (unsigned id = 3; id < 9; id += 2)
    server.feed(FrameScript().rst_stream(id, ErrorCode::Cancel));
  assert_false(server.connection.failed());
  server.feed(FrameScript().rst_stream(3, ErrorCode::Cancel));
  expect(server.sent(), {"GOAWAY 1 ENHANCE_YOUR_CALM too many resets"});
}

void test_resets_are_refunded(void**) {
  ReadyServer server(ConnectionLimits{.reset_budget = 1});
  for (unsigned id = 1; id < 100; id += 2) {
    server.feed(FrameScript().headers(id, request()).rst_stream(id, ErrorCode::Cancel));
    server.connection.refund_resets(1);
  }
  assert_false(server.connection.failed());
  server.connection.refund_resets(1000);
  server.feed(FrameScript().headers(101, request()).rst_stream(101, ErrorCode::Cancel));
  assert_false(server.connection.failed());
  server.feed(FrameScript().headers(103, request()).rst_stream(103, ErrorCode::Cancel));
  assert_true(server.connection.failed());
}

void test_our_own_resets_are_free(void**) {
  ReadyServer server(ConnectionLimits{.reset_budget = 1});
  for (unsigned id = 1; id < 100; id += 2) {
    server.open(id);
    server.reset(id, ErrorCode::NoError);
  }
  assert_false(server.connection.failed());
}

// How often `frame` may come on a budget of 10; streams 1 (open), 3 (reset by us) and 5 (closed) exist. Two frames of ours
// have gone out: RST_STREAM 3 and HEADERS 5.
int free_frames(const FrameScript& frame) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 10});
  server.open(1);
  server.open(3);
  server.reset(3, ErrorCode::Cancel);
  server.feed(FrameScript().headers(5, request(), kEndAll));
  server.send_headers(5, response(), true);
  server.connection.refund_idle_frames(10);
  for (int count = 0; count < 100; ++count) {
    server.feed(frame);
    server.drain();
    if (!server.connection.failed()) continue;
    const Lines received = server.received();
    expect({received.end() - 2, received.end()},
           {"limit idle frames", "error ENHANCE_YOUR_CALM too many frames without progress"});
    const Lines sent = server.sent();
    expect({sent.back()}, {"GOAWAY 5 ENHANCE_YOUR_CALM too many frames without progress"});
    return count;
  }
  return -1;
}

void test_frames_without_progress(void**) {
  constexpr int kUpdates = 2 * static_cast<int>(ProvokedFrames::kUpdates);
  const std::pair<FrameScript, int> cases[] = {
      {FrameScript().ping(1), 2 + 10},
      {FrameScript().ping(1, kAck), 10},
      {FrameScript().settings(), 10},
      {FrameScript().settings_ack(), 10},
      {FrameScript().priority(1), 10},
      {FrameScript().priority(99), 10},
      {FrameScript().frame(0x55, 0, 0, {}), 10},
      {FrameScript().window_update(0, 1), kUpdates + 10},
      {FrameScript().window_update(1, 1), kUpdates + 10},
      {FrameScript().window_update(3, 1), kUpdates + 10},
      {FrameScript().data(1, ""), 10},
      {FrameScript().data(1, "x"), 10},
      {FrameScript().data(1, "12345678"), 10},
      {FrameScript().padded_data(1, "", 200), 10},
      {FrameScript().data(3, ""), 1 + 10},
      {FrameScript().rst_stream(3, ErrorCode::Cancel), kUpdates + 10},
      {FrameScript().rst_stream(5, ErrorCode::Cancel), kUpdates + 10},
      {FrameScript().headers(3, Block(), kEndAll), 1 + 10},
      {FrameScript().goaway(0, ErrorCode::NoError), 10},
  };
  for (const auto& [frame, free] : cases)
    assert_int_equal(free_frames(frame), free);
}

// DATA in flight is free within the window of the stream, regardless of its frames.
void test_late_data_beyond_the_window(void**) {
  for (const char* text : {"x", "12345678", "nine or more bytes"}) {
    const std::string data(text);
    ReadyServer server(ConnectionLimits{.stream_window_bytes = 180, .idle_frame_budget = 10});
    server.open(1);
    server.reset(1, ErrorCode::NoError);
    for (std::size_t i = 0; i < 180 / data.size() + 10; ++i)
      server.feed(FrameScript().data(1, data));
    assert_false(server.connection.failed());
    server.feed(FrameScript().data(1, data));
    assert_true(server.connection.failed());
  }
}

// The connection's window is granted again for it.
void test_late_data_keeps_the_connection_window(void**) {
  ReadyServer server(ConnectionLimits{.streams = 1000});
  const std::string data(16000, 'x');
  std::size_t granted = 65535;
  std::size_t sent = 0;
  for (unsigned id = 1; id < 400; id += 2) {
    server.open(id);
    server.reset(id, ErrorCode::NoError);
    for (int i = 0; i < 4; ++i) {
      server.feed(FrameScript().data(id, data));
      sent += data.size();
      for (const std::string& line : server.sent()) {
        constexpr std::string_view kUpdate = "WINDOW_UPDATE 0 +";
        if (line.starts_with(kUpdate)) granted += std::stoul(line.substr(kUpdate.size()));
      }
      assert_true(granted - sent >= 65535 / 2);
    }
  }
  assert_false(server.connection.failed());
}

// All that a client may have under way when a call ends early, for many calls at once and in all orders.
void test_late_frames_in_all_orders(void**) {
  const std::vector<FrameScript (*)(unsigned)> orders = {
      [](unsigned id) { return FrameScript().data(id, "5byte", kEndStream); },
      [](unsigned id) { return FrameScript().data(id, "5byte").data(id, "", kEndStream); },
      [](unsigned id) { return FrameScript().window_update(id, 5).data(id, "5byte", kEndStream); },
      [](unsigned id) { return FrameScript().data(id, "5byte").rst_stream(id, ErrorCode::Cancel); },
      [](unsigned id) { return FrameScript().rst_stream(id, ErrorCode::Cancel).window_update(id, 1); },
      [](unsigned id) { return FrameScript().data(id, "5byte").headers(id, Block(), kEndAll); },
      [](unsigned id) {
        return FrameScript()
            .window_update(id, 1)
            .data(id, "a")
            .data(id, "b")
            .data(id, "", kEndStream)
            .rst_stream(id, ErrorCode::NoError);
      },
  };
  ReadyServer server(ConnectionLimits{.streams = 100, .reset_budget = 10, .idle_frame_budget = 10});
  unsigned first = 1;
  for (int round = 0; round < 20; ++round, first += 200) {
    for (unsigned id = first; id < first + 200; id += 2) {
      server.open(id);
      server.reset(id, ErrorCode::NoError);
    }
    for (unsigned id = first; id < first + 200; id += 2)
      server.feed(orders[(id / 2 + static_cast<unsigned>(round)) % orders.size()](id));
    server.drain();
  }
  assert_false(server.connection.failed());
}

void test_our_settings_are_acknowledged_for_free(void**) {
  ServerEnd server(ConnectionLimits{.idle_frame_budget = 0});
  server.start();
  server.feed(hello().settings_ack());
  assert_false(server.connection.failed());
  server.feed(FrameScript().settings_ack());
  assert_true(server.connection.failed());
}

void test_our_pings_are_answered_for_free(void**) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 0});
  for (std::uint64_t i = 0; i < 1000; ++i) {
    server.connection.ping(i, server.out);
    server.feed(FrameScript().ping(i, kAck));
    server.drain();
  }
  assert_false(server.connection.failed());
}

// gRPC A8: bandwidth estimation.
void test_a_ping_for_each_frame_that_we_send(void**) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 0});
  server.open(1);
  server.send_headers(1, response(), false);
  server.feed(FrameScript().ping(1));
  for (int i = 0; i < 5000; ++i) {
    server.send_data(1, "x", false);
    server.feed(FrameScript().window_update(0, 1).ping(1).window_update(1, 1));
    server.drain();
  }
  assert_false(server.connection.failed());
  server.feed(FrameScript().ping(1));
  assert_true(server.connection.failed());
}

void test_frames_that_advance_a_call(void**) {
  assert_int_equal(free_frames(FrameScript().data(1, "123456789")), -1);
  assert_int_equal(free_frames(FrameScript().data(3, "was under way")), -1);
  assert_int_equal(free_frames(FrameScript().data(3, "late")), -1);
}

void test_streams_after_goaway(void**) {
  ReadyServer server(ConnectionLimits{.streams = 4, .idle_frame_budget = 10});
  server.connection.goaway(ErrorCode::NoError, "", server.out);
  for (unsigned id = 1; id < 2 * 4; id += 2)
    server.feed(FrameScript().headers(id, request()).data(id, "late").data(id, "", kEndStream));
  for (unsigned id = 9; id < 9 + 2 * 10; id += 2)
    server.feed(FrameScript().headers(id, request(), kEndAll));
  assert_false(server.connection.failed());
  server.feed(FrameScript().headers(29, request(), kEndAll));
  assert_true(server.connection.failed());
}

// A peer that answers each DATA frame with a WINDOW_UPDATE for the stream and one for the connection does no harm.
void test_window_updates_for_what_we_send(void**) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 10});
  server.open(1);
  for (int i = 0; i < 1000; ++i) {
    server.send_data(1, "a reply of some bytes", false);
    server.feed(FrameScript().window_update(1, 21).window_update(0, 21));
    server.drain();
  }
  assert_false(server.connection.failed());
}

// A peer that reads a frame of 16 KiB in pieces of 512 bytes sends both for each piece.
void test_window_updates_for_pieces_of_what_we_send(void**) {
  constexpr std::uint32_t kPieceBytes = 512;
  const std::string reply(16384, 'r');
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 10});
  server.open(1);
  for (int i = 0; i < 100; ++i) {
    server.send_data(1, reply, false);
    for (std::size_t read = 0; read < reply.size(); read += kPieceBytes)
      server.feed(FrameScript().window_update(1, kPieceBytes).window_update(0, kPieceBytes));
    server.drain();
  }
  assert_false(server.connection.failed());
}

void test_window_updates_beyond_what_we_send(void**) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 10});
  server.open(1);
  server.connection.refund_idle_frames(10);
  server.send_data(1, "x", false);
  server.send_data(1, "", false);
  for (std::uint32_t i = 0; i < 2 * ProvokedFrames::kUpdates + 10; ++i)
    server.feed(FrameScript().window_update(1, 1));
  assert_false(server.connection.failed());
  server.feed(FrameScript().window_update(1, 1));
  assert_true(server.connection.failed());
}

void test_the_last_tiny_data_is_free(void**) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 10});
  for (unsigned id = 1; id < 100; id += 2) {
    server.feed(FrameScript().headers(id, request()).data(id, "", kEndStream));
    server.send_headers(id, response(), true);
  }
  assert_false(server.connection.failed());
}

void test_idle_frames_are_refunded(void**) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 2});
  server.connection.refund_idle_frames(2);
  for (int i = 0; i < 100; ++i) {
    server.feed(FrameScript().ping(1));
    server.connection.refund_idle_frames(1);
  }
  assert_false(server.connection.failed());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_resets_by_the_peer),
      cmocka_unit_test(test_resets_that_the_peer_provokes),
      cmocka_unit_test(test_frames_that_are_refused_on_closed_streams),
      cmocka_unit_test(test_streams_refused),
      cmocka_unit_test(test_streams_refused_by_the_owner),
      cmocka_unit_test(test_streams_refused_before_settings),
      cmocka_unit_test(test_resets_of_idle_streams),
      cmocka_unit_test(test_resets_are_refunded),
      cmocka_unit_test(test_our_own_resets_are_free),
      cmocka_unit_test(test_frames_without_progress),
      cmocka_unit_test(test_late_data_beyond_the_window),
      cmocka_unit_test(test_late_data_keeps_the_connection_window),
      cmocka_unit_test(test_late_frames_in_all_orders),
      cmocka_unit_test(test_our_settings_are_acknowledged_for_free),
      cmocka_unit_test(test_our_pings_are_answered_for_free),
      cmocka_unit_test(test_a_ping_for_each_frame_that_we_send),
      cmocka_unit_test(test_frames_that_advance_a_call),
      cmocka_unit_test(test_streams_after_goaway),
      cmocka_unit_test(test_window_updates_for_what_we_send),
      cmocka_unit_test(test_window_updates_for_pieces_of_what_we_send),
      cmocka_unit_test(test_window_updates_beyond_what_we_send),
      cmocka_unit_test(test_the_last_tiny_data_is_free),
      cmocka_unit_test(test_idle_frames_are_refunded),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
