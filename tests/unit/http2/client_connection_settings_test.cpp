// The client's end: both sides' windows and the server's SETTINGS (RFC 9113 5.2, 6.5, 6.9).
#include "http2/client/client_connection.h"
#include "support/client_end.h"
#include "support/cmocka_test.h"
#include "support/lines.h"

namespace {

using namespace mote::test;

constexpr std::uint16_t kEnablePush = 2;
constexpr std::uint16_t kMaxStreams = 3;
constexpr std::uint16_t kInitialWindow = 4;
constexpr std::uint16_t kFrameSize = 5;

void what_the_windows_allow(void**) {
  ReadyClient client;
  client.feed(FrameScript().settings({{kInitialWindow, 5}}));
  client.open();
  assert_int_equal(client.send_data("0123456789", false), 5);
  assert_true(client.connection.data_place().empty());
  client.feed(FrameScript().window_update(1, 2));
  assert_int_equal(client.send_data("56789", false), 2);
  client.feed(FrameScript().settings({{kInitialWindow, 4}}).window_update(1, 1));
  assert_int_equal(client.connection.sendable_bytes(), 0);
  client.feed(FrameScript().window_update(1, 3));
  assert_int_equal(client.connection.sendable_bytes(), 3);
}

void the_connections_window(void**) {
  ReadyClient client;
  client.feed(FrameScript().settings({{kInitialWindow, 0x7fffffff}}));
  client.open();
  const std::string text(20000, 'x');
  std::size_t sent = 0;
  for (std::size_t size = 1; size != 0; sent += size) {
    size = client.send_data(text, false);
    client.drain();
  }
  assert_int_equal(sent, 65535);
  client.feed(FrameScript().window_update(0, 10));
  assert_int_equal(client.send_data(text, false), 10);
}

void windows_that_overflow(void**) {
  const char* wanted = "failed FLOW_CONTROL_ERROR window above 2^31-1";
  assert_string_equal(last_of(FrameScript().window_update(0, 0x7fffffff)).c_str(), wanted);
  assert_string_equal(last_of(FrameScript().window_update(1, 0x7fffffff)).c_str(), wanted);
  assert_string_equal(last_of(FrameScript().window_update(1, 1).settings({{kInitialWindow, 0x7fffffff}})).c_str(),
                      wanted);
  assert_string_equal(last_of(FrameScript().window_update(0, 0)).c_str(), "failed PROTOCOL_ERROR WINDOW_UPDATE of 0");
  assert_string_equal(last_of(FrameScript().window_update(1, 0)).c_str(), "failed PROTOCOL_ERROR WINDOW_UPDATE of 0");
}

void a_server_exceeds_the_window_of_the_stream(void**) {
  ReadyClient client({.stream_window_bytes = 10});
  client.open(true);
  client.feed(FrameScript().headers(1, response()).data(1, "012345678"));
  client.connection.grant_up_to(1);
  expect(client.sent(), {});
  client.connection.grant_up_to(3);
  expect(client.sent(), {"WINDOW_UPDATE 1 +2"});
  client.feed(FrameScript().data(1, "abc"));
  expect(client.received(), {"200 headers", "data 012345678abc"});
  client.feed(FrameScript().data(1, "x"));
  expect(client.received(), {"failed FLOW_CONTROL_ERROR DATA beyond the stream's window"});
}

// At the half, so that 512 KiB are always left: what the stream's window allows never waits for this one.
void the_connections_window_is_refilled(void**) {
  ReadyClient client({.stream_window_bytes = 10'000'000});
  client.open(true);
  client.feed(FrameScript().headers(1, response()));
  const std::string text(16384, 'x');
  const auto feed_one_less_than_the_half = [&] {
    for (int i = 0; i < 31; ++i)
      client.feed(FrameScript().data(1, text));
    expect(client.sent(), {});
  };
  feed_one_less_than_the_half();
  client.feed(FrameScript().data(1, text));
  expect(client.sent(), {"WINDOW_UPDATE 0 +524288"});
  // Of closed streams, too.
  client.connection.reset();
  client.output();
  feed_one_less_than_the_half();
  client.feed(FrameScript().data(1, text));
  expect(client.sent(), {"WINDOW_UPDATE 0 +524288"});
}

void values_outside_their_ranges(void**) {
  assert_string_equal(last_of(FrameScript().settings({{kInitialWindow, 0x80000000}})).c_str(),
                      "failed FLOW_CONTROL_ERROR SETTINGS_INITIAL_WINDOW_SIZE");
}

void settings_that_do_not_concern_a_client(void**) {
  ReadyClient client;
  client.feed(FrameScript().settings({{kEnablePush, 0}, {kFrameSize, 16384}, {0x99, 1}, {1, 0xffffffff}, {6, 0}}));
  expect(client.sent(), {"SETTINGS ack"});
  client.feed(FrameScript().settings({{kEnablePush, 1}, {kFrameSize, 16383}, {kFrameSize, 16777216}}));
  expect(client.sent(), {"SETTINGS ack"});
}

void the_servers_limit_of_streams(void**) {
  ReadyClient client;
  assert_true(client.connection.may_open());
  client.feed(FrameScript().settings({{kMaxStreams, 0}}));
  assert_false(client.connection.may_open());
  client.feed(FrameScript().settings({{kMaxStreams, 1}}));
  assert_true(client.connection.may_open());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_the_windows_allow),
      cmocka_unit_test(the_connections_window),
      cmocka_unit_test(windows_that_overflow),
      cmocka_unit_test(a_server_exceeds_the_window_of_the_stream),
      cmocka_unit_test(the_connections_window_is_refilled),
      cmocka_unit_test(values_outside_their_ranges),
      cmocka_unit_test(settings_that_do_not_concern_a_client),
      cmocka_unit_test(the_servers_limit_of_streams),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
