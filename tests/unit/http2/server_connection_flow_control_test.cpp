// Windows of both sides, of streams and of the connection (RFC 9113 5.2, 6.9).
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ErrorCode;
using mote::http2::kEndStream;
using mote::http2::kMaxWindowBytes;

constexpr std::uint16_t kInitialWindow = 4;
const std::string kFrame(16384, 'x');

// --- What the peer may send ---

void test_the_connections_window_is_granted_as_bytes_arrive(void**) {
  ReadyServer server;
  server.open(1);
  server.open(3);
  server.feed(FrameScript().data(1, kFrame));
  expect(server.sent(), {});
  server.feed(FrameScript().data(3, kFrame));
  expect(server.sent(), {"WINDOW_UPDATE 0 +32768"});
}

void test_a_streams_window_is_granted_by_the_owner(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript().data(1, kFrame).data(1, kFrame).data(1, kFrame));
  expect(server.sent(), {"WINDOW_UPDATE 0 +32768"});
  assert_int_equal(server.stream(1).receive_window_bytes, 65535 - 3 * 16384);
  assert_true(server.connection.grant(server.stream(1), 0, server.out));
  expect(server.sent(), {});
  server.connection.grant(server.stream(1), 100000, server.out);
  expect(server.sent(), {"WINDOW_UPDATE 1 +100000"});
  assert_int_equal(server.stream(1).receive_window_bytes, 65535 - 3 * 16384 + 100000);
}

// A window that is granted without its WINDOW_UPDATE would never reach the peer.
void test_nothing_is_granted_without_room_for_the_update(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript().data(1, std::string(5000, 'x')));
  server.sent();
  std::array<std::uint8_t, 13> buffer{};
  for (std::size_t room = 0; room <= buffer.size(); ++room) {
    const bool fits = room == buffer.size();
    for (const bool connection : {true, false}) {
      const std::int32_t before =
          connection ? server.connection.receive_window_bytes() : server.stream(1).receive_window_bytes;
      mote::ByteWriter out(mote::MutableBytes(buffer).first(room));
      const bool granted = connection ? server.connection.grant_connection(100, out)
                                      : server.connection.grant(server.stream(1), 100, out);
      const std::int32_t after =
          connection ? server.connection.receive_window_bytes() : server.stream(1).receive_window_bytes;
      assert_int_equal(granted, fits);
      assert_int_equal(after - before, fits ? 100 : 0);
      assert_int_equal(out.size(), fits ? room : 0);
      assert_false(out.overflowed());
    }
  }
}

// RFC 9113 6.9.2: our SETTINGS_INITIAL_WINDOW_SIZE counts from their acknowledgement on, for open streams too, and what
// came before may have used more.
void test_our_initial_window_shrinks_open_streams(void**) {
  ServerEnd server(mote::http2::ConnectionLimits{.stream_window_bytes = 1000});
  server.start();
  server.feed(hello());
  server.feed(FrameScript().headers(1, request()));
  server.feed(FrameScript().data(1, std::string(5000, 'x')));
  assert_int_equal(server.events.settings_acknowledged, 0);
  assert_false(server.connection.large_windows());
  server.feed(FrameScript().settings_ack().settings_ack());
  assert_int_equal(server.events.settings_acknowledged, 1);
  assert_int_equal(server.stream(1).receive_window_bytes, 1000 - 5000);
  server.sent();
  server.feed(FrameScript().data(1, ""));
  expect(server.sent(), {});
  server.connection.grant(server.stream(1), 4500, server.out);
  expect(server.sent(), {"WINDOW_UPDATE 1 +4500"});
  server.feed(FrameScript().data(1, std::string(500, 'x')));
  expect(server.sent(), {});
  server.feed(FrameScript().headers(3, request()));
  assert_int_equal(server.stream(3).receive_window_bytes, 1000);
  server.feed(FrameScript().data(3, std::string(1001, 'x')));
  expect(server.sent(), {"RST_STREAM 3 FLOW_CONTROL_ERROR"});
}

// Go's net/http takes window for DATA before it acknowledges our SETTINGS, and sends the DATA afterwards.
void test_data_after_the_acknowledgement_within_the_first_window(void**) {
  ServerEnd server(mote::http2::ConnectionLimits{.stream_window_bytes = 1000});
  server.start();
  server.feed(hello());
  server.feed(FrameScript().headers(1, request()).settings_ack());
  assert_int_equal(server.stream(1).receive_window_bytes, 1000);
  server.sent();
  server.feed(FrameScript().data(1, kFrame).data(1, kFrame).data(1, kFrame).data(1, kFrame.substr(1)));
  assert_int_equal(server.stream(1).receive_window_bytes, 1000 - 65535);
  server.connection.grant(server.stream(1), 65535, server.out);
  server.sent();
  server.feed(FrameScript().data(1, kFrame).data(1, kFrame).data(1, kFrame).data(1, kFrame.substr(1)));
  assert_int_equal(server.stream(1).receive_window_bytes, 1000 - 65535);
  server.sent();
  server.feed(FrameScript().data(1, "x"));
  expect(server.sent(), {"RST_STREAM 1 FLOW_CONTROL_ERROR"});
}

// --- Large windows ---

struct LargeServer : ServerEnd {
  LargeServer() : ServerEnd(mote::http2::ConnectionLimits{.stream_window_bytes = 1000}) {
    connection.start(out, mote::http2::kLargeWindowBytes);
    feed(hello().settings_ack());
    expect(sent(), {"SETTINGS 3=100 1=4096 6=8192 4=65535", "SETTINGS ack"});
    feed(FrameScript().headers(1, request()));
  }
};

void test_large_windows_hold_after_the_acknowledgement(void**) {
  LargeServer server;
  assert_int_equal(server.events.settings_acknowledged, 1);
  assert_int_equal(server.stream(1).receive_window_bytes, 65535);
  assert_true(server.connection.announces_large_windows());
  assert_true(server.connection.may_announce());
}

// Its window bounds what the peer may send beyond what the owner has memory for.
void test_with_large_windows_the_owner_refills_the_connections_window(void**) {
  LargeServer server;
  server.feed(FrameScript().data(1, kFrame).data(1, kFrame).data(1, kFrame));
  expect(server.sent(), {});
  assert_int_equal(server.connection.receive_window_bytes(), 65535 - 3 * 16384);
  server.connection.grant_connection(20000, server.out);
  expect(server.sent(), {"WINDOW_UPDATE 0 +20000"});
  assert_int_equal(server.connection.receive_window_bytes(), 65535 - 3 * 16384 + 20000);
  const auto rest = static_cast<std::size_t>(server.connection.receive_window_bytes()) - 2 * kFrame.size();
  server.feed(FrameScript().headers(3, request()).data(3, kFrame).data(3, kFrame).data(3, kFrame.substr(0, rest)));
  expect(server.sent(), {});
  assert_int_equal(server.connection.receive_window_bytes(), 0);
  server.feed(FrameScript().data(3, "x"));
  expect(server.sent(), {"GOAWAY 3 FLOW_CONTROL_ERROR DATA beyond the connection's window"});
  assert_false(server.connection.may_announce());
}

void test_smaller_windows_hold_from_their_acknowledgement(void**) {
  LargeServer server;
  server.feed(FrameScript().data(1, kFrame).data(1, kFrame).data(1, kFrame));
  server.connection.announce_windows(1000, server.out);
  expect(server.sent(), {"SETTINGS 4=1000"});
  assert_false(server.connection.may_announce());
  assert_false(server.connection.announces_large_windows());
  assert_true(server.connection.large_windows());
  server.feed(FrameScript().headers(3, request()).data(3, std::string(2000, 'x')));
  expect(server.sent(), {});
  assert_int_equal(server.stream(3).receive_window_bytes, 65535 - 2000);
  server.feed(FrameScript().settings_ack());
  assert_int_equal(server.events.settings_acknowledged, 2);
  assert_false(server.connection.large_windows());
  assert_int_equal(server.stream(3).receive_window_bytes, 1000 - 2000);
  // The connection refills its own window again.
  expect(server.sent(), {"WINDOW_UPDATE 0 +" + std::to_string(3 * 16384 + 2000)});
  server.feed(FrameScript().headers(5, request()).data(5, std::string(1001, 'x')));
  expect(server.sent(), {"RST_STREAM 5 FLOW_CONTROL_ERROR"});
}

void test_larger_windows_hold_at_once(void**) {
  ReadyServer server(mote::http2::ConnectionLimits{.stream_window_bytes = 1000});
  server.open(1);
  server.connection.announce_windows(mote::http2::kLargeWindowBytes, server.out);
  expect(server.sent(), {"SETTINGS 4=65535"});
  assert_int_equal(server.stream(1).receive_window_bytes, 65535);
  server.feed(FrameScript().data(1, kFrame));
  server.feed(FrameScript().settings_ack());
  assert_int_equal(server.stream(1).receive_window_bytes, 65535 - 16384);
  assert_true(server.connection.may_announce());
  server.connection.announce_windows(mote::http2::kLargeWindowBytes, server.out);
  expect(server.sent(), {"SETTINGS 4=65535"});
  assert_int_equal(server.stream(1).receive_window_bytes, 65535 - 16384);
  server.feed(FrameScript().settings_ack());
  // One of ours is acknowledged once: more are frames without progress, not more windows.
  server.feed(FrameScript().settings_ack());
  assert_int_equal(server.events.settings_acknowledged, 3);
}

// Larger than the window of RFC 9113, and back.
void test_windows_above_the_default(void**) {
  LargeServer server;
  server.connection.announce_windows(500'000, server.out);
  expect(server.sent(), {"SETTINGS 4=500000"});
  assert_int_equal(server.connection.announced_window_bytes(), 500'000);
  assert_int_equal(server.stream(1).receive_window_bytes, 500'000);
  server.feed(FrameScript().settings_ack().headers(3, request()));
  assert_int_equal(server.stream(3).receive_window_bytes, 500'000);
  server.connection.announce_windows(mote::http2::kLargeWindowBytes, server.out);
  server.connection.grant_connection(1'000'000, server.out);
  server.sent();
  assert_int_equal(server.stream(3).receive_window_bytes, 500'000);
  server.feed(FrameScript().settings_ack().headers(5, request()));
  assert_true(server.connection.large_windows());
  assert_int_equal(server.stream(3).receive_window_bytes, 65535);
  assert_int_equal(server.stream(5).receive_window_bytes, 65535);
  // Only what was open before the acknowledgement may use the larger window.
  for (std::size_t sent = 0; sent + kFrame.size() <= 500'000; sent += kFrame.size())
    server.feed(FrameScript().data(3, kFrame));
  expect(server.sent(), {});
  server.feed(FrameScript().data(3, kFrame));
  expect(server.sent(), {"RST_STREAM 3 FLOW_CONTROL_ERROR"});
  server.feed(FrameScript().data(5, kFrame).data(5, kFrame).data(5, kFrame).data(5, kFrame));
  expect(server.sent(), {"RST_STREAM 5 FLOW_CONTROL_ERROR"});
}

// A stream from before the first acknowledgement has its larger window once.
void test_large_windows_do_not_add_to_the_first_window(void**) {
  ServerEnd server(mote::http2::ConnectionLimits{.stream_window_bytes = 1000});
  server.start();
  server.feed(hello().headers(1, request()).settings_ack());
  server.connection.announce_windows(mote::http2::kLargeWindowBytes, server.out);
  server.connection.grant_connection(100'000, server.out);
  server.sent();
  server.feed(FrameScript().data(1, kFrame).data(1, kFrame).data(1, kFrame).data(1, kFrame.substr(1)));
  expect(server.sent(), {});
  server.feed(FrameScript().data(1, "x"));
  expect(server.sent(), {"RST_STREAM 1 FLOW_CONTROL_ERROR"});
}

void test_no_window_for_a_stream_that_the_peer_has_ended(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript().data(1, kFrame).data(1, kFrame).data(1, kFrame, kEndStream));
  server.sent();
  server.connection.grant(server.stream(1), 3 * 16384, server.out);
  expect(server.sent(), {});
}

void test_data_beyond_a_streams_window(void**) {
  ReadyServer server;
  server.open(1);
  server.open(3);
  server.feed(FrameScript().data(1, kFrame).data(1, kFrame).data(1, kFrame).data(1, kFrame.substr(1)));
  assert_int_equal(server.stream(1).receive_window_bytes, 0);
  server.sent();
  server.feed(FrameScript().data(1, ""));
  expect(server.sent(), {});
  server.received();
  server.feed(FrameScript().data(1, "x"));
  expect(server.sent(), {"RST_STREAM 1 FLOW_CONTROL_ERROR"});
  expect(server.received(), {"reset 1 FLOW_CONTROL_ERROR"});
  assert_true(server.has_stream(3));
}

// Only a peer that ignores its own count exceeds it, because our WINDOW_UPDATEs are sent at once.
void test_the_connections_window_never_stays_closed(void**) {
  ReadyServer server;
  for (unsigned id = 1; id < 40; id += 2) {
    server.open(id);
    server.feed(FrameScript().data(id, kFrame).data(id, kFrame).data(id, kFrame));
  }
  assert_false(server.connection.failed());
}

// RFC 9113 6.9.1: padding counts, its length byte too.
void test_padding_counts_and_is_granted_again_if_alone(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript().padded_data(1, "abc", 10));
  assert_int_equal(server.stream(1).receive_window_bytes, 65535 - 14);
  expect(server.sent(), {});
  server.feed(FrameScript().padded_data(1, "", 10));
  expect(server.sent(), {"WINDOW_UPDATE 1 +11"});
  assert_int_equal(server.stream(1).receive_window_bytes, 65535 - 14);
}

void test_padding_alone_does_not_stall(void**) {
  ReadyServer server(mote::http2::ConnectionLimits{.idle_frame_budget = 100000});
  server.open(1);
  for (int i = 0; i < 1000; ++i)
    server.feed(FrameScript().padded_data(1, "", 255));
  assert_true(server.has_stream(1));
}

void test_data_without_a_stream_is_granted_again_to_the_connection(void**) {
  ReadyServer server;
  server.open(1);
  server.reset(1, ErrorCode::Cancel);
  server.sent();
  server.feed(FrameScript().data(1, kFrame).data(1, kFrame).data(1, kFrame).data(1, kFrame).data(1, kFrame));
  expect(server.sent(), {"WINDOW_UPDATE 0 +32768", "WINDOW_UPDATE 0 +32768"});
}

// --- What we may send ---

void test_no_more_than_the_windows_is_sent(void**) {
  ReadyServer server;
  server.open(1);
  server.open(3);
  std::size_t sent = 0;
  for (int i = 0; i < 5; ++i) {
    sent += server.send_data(1, kFrame, false);
    server.drain();
  }
  assert_int_equal(sent, 65535);
  assert_int_equal(server.connection.sendable_bytes(server.stream(1)), 0);
  assert_int_equal(server.connection.sendable_bytes(server.stream(3)), 0);
  server.feed(FrameScript().window_update(1, 10));
  assert_int_equal(server.connection.sendable_bytes(server.stream(1)), 0);
  server.feed(FrameScript().window_update(0, 4));
  assert_int_equal(server.connection.sendable_bytes(server.stream(1)), 4);
  assert_int_equal(server.connection.sendable_bytes(server.stream(3)), 4);
  expect(server.received(), {"window 1", "window 0"});
}

void test_a_frame_does_not_exceed_the_peers_maximum(void**) {
  ReadyServer server;
  server.open(1);
  assert_int_equal(server.connection.sendable_bytes(server.stream(1)), 16384);
  server.feed(FrameScript().settings({{5, 20000}}));
  assert_int_equal(server.connection.sendable_bytes(server.stream(1)), 20000);
}

void test_the_initial_window_applies_to_open_streams_and_new_ones(void**) {
  ReadyServer server;
  server.open(1);
  server.received();
  server.feed(FrameScript().settings({{kInitialWindow, 5}, {kInitialWindow, 100}}));
  assert_int_equal(server.connection.sendable_bytes(server.stream(1)), 100);
  server.open(3);
  assert_int_equal(server.connection.sendable_bytes(server.stream(3)), 100);
}

// RFC 9113 6.9.2, its own example: a window below zero is earned back before anything is sent.
void test_a_window_below_zero(void**) {
  ReadyServer server;
  server.open(1);
  for (int i = 0; i < 4; ++i)
    server.send_data(1, std::string(15000, 'x'), false);
  server.feed(FrameScript().settings({{kInitialWindow, 16384}}).window_update(0, 100000));
  assert_int_equal(server.stream(1).send_window.bytes(), -43616);
  assert_int_equal(server.connection.sendable_bytes(server.stream(1)), 0);
  assert_true(server.connection.data_place(server.stream(1), server.out).empty());
  server.received();
  server.feed(FrameScript().window_update(1, 43616));
  assert_int_equal(server.connection.sendable_bytes(server.stream(1)), 0);
  server.feed(FrameScript().window_update(1, 1));
  assert_int_equal(server.connection.sendable_bytes(server.stream(1)), 1);
  expect(server.received(), {"window 1", "window 1"});
  assert_true(server.send_headers(1, response(), false));
}

void test_a_larger_initial_window_reports_that_more_may_be_sent(void**) {
  ReadyServer server;
  server.feed(FrameScript().settings({{kInitialWindow, 1}}));
  expect(server.received(), {});
  server.feed(FrameScript().settings({{kInitialWindow, 2}}));
  expect(server.received(), {"window 0"});
}

void test_the_end_needs_no_window(void**) {
  ReadyServer server;
  server.feed(FrameScript().settings({{kInitialWindow, 0}}).headers(1, request(), kEndAll));
  assert_int_equal(server.send_data(1, "", true), 0);
  expect(server.sent(), {"SETTINGS ack", "DATA 1 end "});
  assert_int_equal(server.connection.stream_count(), 0);
}

void test_window_updates_of_zero(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript().window_update(1, 0));
  expect(server.sent(), {"RST_STREAM 1 PROTOCOL_ERROR"});
  server.feed(FrameScript().window_update(0, 0x80000000));
  expect(server.sent(), {"GOAWAY 1 PROTOCOL_ERROR WINDOW_UPDATE of 0"});
}

void test_windows_above_the_largest(void**) {
  ReadyServer server;
  server.open(1);
  server.open(3);
  server.feed(FrameScript().window_update(1, kMaxWindowBytes - 65535));
  assert_int_equal(server.stream(1).send_window.bytes(), kMaxWindowBytes);
  expect(server.sent(), {});
  server.feed(FrameScript().window_update(1, 1));
  expect(server.sent(), {"RST_STREAM 1 FLOW_CONTROL_ERROR"});
  server.feed(FrameScript().window_update(0, kMaxWindowBytes - 65535));
  expect(server.sent(), {});
  server.feed(FrameScript().window_update(0, 1));
  expect(server.sent(), {"GOAWAY 3 FLOW_CONTROL_ERROR window above 2^31-1"});
}

void test_an_initial_window_that_overflows_the_window_of_a_stream(void**) {
  ReadyServer server;
  server.open(1);
  server.feed(FrameScript().window_update(1, 1).settings({{kInitialWindow, kMaxWindowBytes - 1}}));
  expect(server.sent(), {"SETTINGS ack"});
  server.feed(FrameScript().settings({{kInitialWindow, kMaxWindowBytes}}));
  expect(server.sent(), {"GOAWAY 1 FLOW_CONTROL_ERROR window above 2^31-1"});
}

void test_the_lowest_window_there_is(void**) {
  ReadyServer server;
  server.feed(FrameScript().settings({{kInitialWindow, kMaxWindowBytes}}).window_update(0, 200000));
  server.open(1);
  for (int i = 0; i < 10; ++i) {
    assert_int_equal(server.send_data(1, kFrame, false), 16384);
    server.drain();
  }
  for (int i = 0; i < 3; ++i)
    server.feed(FrameScript().settings({{kInitialWindow, 0}}).settings({{kInitialWindow, kMaxWindowBytes}}));
  server.feed(FrameScript().settings({{kInitialWindow, 0}}));
  assert_int_equal(server.stream(1).send_window.bytes(), -163840);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_connections_window_is_granted_as_bytes_arrive),
      cmocka_unit_test(test_a_streams_window_is_granted_by_the_owner),
      cmocka_unit_test(test_nothing_is_granted_without_room_for_the_update),
      cmocka_unit_test(test_our_initial_window_shrinks_open_streams),
      cmocka_unit_test(test_data_after_the_acknowledgement_within_the_first_window),
      cmocka_unit_test(test_large_windows_hold_after_the_acknowledgement),
      cmocka_unit_test(test_with_large_windows_the_owner_refills_the_connections_window),
      cmocka_unit_test(test_smaller_windows_hold_from_their_acknowledgement),
      cmocka_unit_test(test_larger_windows_hold_at_once),
      cmocka_unit_test(test_windows_above_the_default),
      cmocka_unit_test(test_large_windows_do_not_add_to_the_first_window),
      cmocka_unit_test(test_no_window_for_a_stream_that_the_peer_has_ended),
      cmocka_unit_test(test_data_beyond_a_streams_window),
      cmocka_unit_test(test_the_connections_window_never_stays_closed),
      cmocka_unit_test(test_padding_counts_and_is_granted_again_if_alone),
      cmocka_unit_test(test_padding_alone_does_not_stall),
      cmocka_unit_test(test_data_without_a_stream_is_granted_again_to_the_connection),
      cmocka_unit_test(test_no_more_than_the_windows_is_sent),
      cmocka_unit_test(test_a_frame_does_not_exceed_the_peers_maximum),
      cmocka_unit_test(test_the_initial_window_applies_to_open_streams_and_new_ones),
      cmocka_unit_test(test_a_window_below_zero),
      cmocka_unit_test(test_a_larger_initial_window_reports_that_more_may_be_sent),
      cmocka_unit_test(test_the_end_needs_no_window),
      cmocka_unit_test(test_window_updates_of_zero),
      cmocka_unit_test(test_windows_above_the_largest),
      cmocka_unit_test(test_an_initial_window_that_overflows_the_window_of_a_stream),
      cmocka_unit_test(test_the_lowest_window_there_is),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
