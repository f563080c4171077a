// What a peer may cost: resets (CVE-2023-44487 and its kin) and frames that bring no call further.
#include "support/cmocka_test.h"
#include "support/endpoint.h"
#include "support/lines.h"

namespace {

using namespace mote::test;
using mote::wire::ConnectionLimits;
using mote::wire::ErrorCode;
using mote::wire::kAck;
using mote::wire::kEndStream;

const Lines kTooManyResets = {"GOAWAY 7 ENHANCE_YOUR_CALM too many resets"};

// Three are free, the fourth ends the connection; `next` makes the peer spend one on stream `id`.
template <typename Next>
void expect_resets_to_run_out(Next next) {
  ReadyServer server(ConnectionLimits{.streams = 4, .reset_budget = 3});
  for (unsigned id = 1; id < 8; id += 2) {
    server.feed(next(id));
    assert_int_equal(server.connection.failed(), id == 7);
  }
  expect(server.heard("limit resets"), {"limit resets"});
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

void test_resets_are_earned_back(void**) {
  ReadyServer server(ConnectionLimits{.reset_budget = 1});
  for (unsigned id = 1; id < 100; id += 2) {
    server.feed(FrameScript().headers(id, request()).rst_stream(id, ErrorCode::Cancel));
    server.connection.earn_resets(1);
  }
  assert_false(server.connection.failed());
  server.connection.earn_resets(1000);
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

// How often `frame` may come on a budget of 10; streams 1 (open), 3 (reset by us) and 5 (closed) exist.
int free_frames(const FrameScript& frame) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 10});
  server.open(1);
  server.open(3);
  server.reset(3, ErrorCode::Cancel);
  server.feed(FrameScript().headers(5, request(), kEndAll));
  server.send_headers(5, response(), true);
  server.connection.earn_idle_frames(10);
  for (int count = 0; count < 100; ++count) {
    server.feed(frame);
    server.drain();
    if (!server.connection.failed()) continue;
    const Lines heard = server.heard();
    expect({heard.end() - 2, heard.end()},
           {"limit idle frames", "error ENHANCE_YOUR_CALM too many frames without progress"});
    const Lines sent = server.sent();
    expect({sent.back()}, {"GOAWAY 5 ENHANCE_YOUR_CALM too many frames without progress"});
    return count;
  }
  return -1;
}

void test_frames_without_progress(void**) {
  const FrameScript frames[] = {
      FrameScript().ping(1),
      FrameScript().ping(1, kAck),
      FrameScript().settings(),
      FrameScript().settings_ack(),
      FrameScript().priority(1),
      FrameScript().priority(99),
      FrameScript().frame(0x55, 0, 0, {}),
      FrameScript().window_update(0, 1),
      FrameScript().window_update(1, 1),
      FrameScript().window_update(3, 1),
      FrameScript().data(1, ""),
      FrameScript().data(1, "x"),
      FrameScript().data(1, "12345678"),
      FrameScript().padded_data(1, "", 200),
      FrameScript().data(3, ""),
      FrameScript().data(3, "12345678"),
      FrameScript().rst_stream(3, ErrorCode::Cancel),
      FrameScript().rst_stream(5, ErrorCode::Cancel),
      FrameScript().headers(3, Block(), kEndAll),
      FrameScript().goaway(0, ErrorCode::NoError),
  };
  for (const FrameScript& frame : frames)
    assert_int_equal(free_frames(frame), 10);
}

void test_frames_that_bring_a_call_further(void**) {
  assert_int_equal(free_frames(FrameScript().data(1, "123456789")), -1);
  assert_int_equal(free_frames(FrameScript().data(3, "was under way")), -1);
}

void test_streams_behind_goaway(void**) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 10});
  server.connection.goaway(ErrorCode::NoError, "", server.out);
  server.connection.earn_idle_frames(10);
  for (unsigned id = 1; id < 21; id += 2)
    server.feed(FrameScript().headers(id, request(), kEndAll));
  assert_false(server.connection.failed());
  server.feed(FrameScript().headers(21, request(), kEndAll));
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

void test_window_updates_beyond_what_we_send(void**) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 10});
  server.open(1);
  server.connection.earn_idle_frames(10);
  server.send_data(1, "x", false);
  server.send_data(1, "", false);
  for (int i = 0; i < 2 + 10; ++i)
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

void test_idle_frames_are_earned_back(void**) {
  ReadyServer server(ConnectionLimits{.idle_frame_budget = 2});
  server.connection.earn_idle_frames(2);
  for (int i = 0; i < 100; ++i) {
    server.feed(FrameScript().ping(1));
    server.connection.earn_idle_frames(1);
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
      cmocka_unit_test(test_resets_are_earned_back),
      cmocka_unit_test(test_our_own_resets_are_free),
      cmocka_unit_test(test_frames_without_progress),
      cmocka_unit_test(test_frames_that_bring_a_call_further),
      cmocka_unit_test(test_streams_behind_goaway),
      cmocka_unit_test(test_window_updates_for_what_we_send),
      cmocka_unit_test(test_window_updates_beyond_what_we_send),
      cmocka_unit_test(test_the_last_tiny_data_is_free),
      cmocka_unit_test(test_idle_frames_are_earned_back),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
