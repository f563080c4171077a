// What a connection releases for others: itself, a call, or the large buffers of its socket.
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"
#include "support/logged.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::LimitId;
using engine::Limits;

// --- The whole connection ---

void test_a_connection_closes_for_another_one(void**) {
  constexpr const char* kGoaway = "GOAWAY 0 NO_ERROR too many connections: this one was idle longest";
  LeanLoop loop;
  const auto silent = loop.connect();
  const auto ready = loop.connect_ready();
  loop.connection(1).close_for_others();
  expect(ready->control(), {kGoaway});
  loop.connection(0).close_for_others();
  expect(silent->control(), {kSettings, kGoaway});
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.core().closing_sockets.used(), 2);
  loop.finish();
}

// A socket that lingers keeps neither unsent bytes nor large buffers.
void test_what_lingers_of_a_connection(void**) {
  for (const bool reads : {false, true}) {
    LeanLoop loop(limits([](Limits& l) { l.large_sockets = 1; }));
    const auto client = loop.connect_ready(4096);
    client->send(echo_call(1, "Reply", echo_data(std::string(15'000, 'x'))));
    loop.settle();
    assert_true(loop.connection().has_large_socket);
    if (!reads) {
      client->send(FrameScript().settings({{4, 1U << 24U}}).window_update(0, 1U << 24U));
      client->send(echo_call(3, "ReplyStream", echo_data(std::string(15'000, 'x'), 20)));
    }
    loop.settle();
    if (reads) loop.read_all(*client);
    assert_int_equal(loop.connection().writable(), reads);
    const std::string log = logged([&] { loop.connection().close_for_others(); });
    assert_int_equal(loop.core().closing_sockets.used(), reads);
    assert_int_equal(loop.core().large_sockets.used(), 0);
    assert_true(log.ends_with(" reason=\"too many connections: this one was idle longest\"\n"));
    loop.finish();
  }
}

void test_a_connection_with_goaway_gets_no_second_one(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Collect")));
  loop.settle();
  loop.drain();
  loop.pass(1s);
  assert_false(client->control().empty());
  loop.connection().close_for_others();
  expect(client->control(), {});
  assert_true(client->closed());
  loop.finish();
}

void test_the_connection_that_is_idle_longer(void**) {
  LeanLoop loop;
  const auto first = loop.connect_ready();
  const auto second = loop.connect_ready();
  const auto call = [&loop](RawClient& client) {
    client.send(echo_call(1, "Reply", echo_data("a")));
    loop.settle();
    loop.pass(1s);
  };
  call(*second);
  call(*first);
  const auto unused = loop.connect_ready();
  const auto busy = loop.connect_ready();
  busy->send(FrameScript().headers(1, echo_head("Collect")));
  loop.settle();
  // In this order they close for others.
  const lean::Connection* const order[] = {&loop.connection(2), &loop.connection(1), &loop.connection(0),
                                           &loop.connection(3)};
  for (std::size_t one = 0; one < std::size(order); ++one) {
    for (std::size_t other = 0; other < std::size(order); ++other)
      assert_int_equal(order[one]->idle_longer_than(*order[other]), one < other);
  }
  assert_true(loop.connection(1).idle_for(2s));
  assert_false(loop.connection(1).idle_for(2s + 1us));
  assert_true(loop.connection(0).idle_for(1s));
  assert_false(loop.connection(3).idle_for(0s));
  loop.finish();
}

// A call in a single turn moves its connection behind the others that are idle; what is no call does not.
void test_the_order_of_idle_connections(void**) {
  LeanLoop loop;
  std::vector<std::unique_ptr<RawClient>> clients;
  const auto call = [&](std::size_t index, std::uint32_t stream) {
    clients[index]->send(echo_call(stream, "Reply", echo_data("a")));
    loop.settle();
    loop.pass(1s);
  };
  for (std::size_t i = 0; i < 3; ++i) {
    clients.push_back(loop.connect_ready());
    call(i, 1);
  }
  call(0, 3);
  clients[1]->send(FrameScript().ping(1));
  loop.settle();
  const lean::IdleOrder& order = loop.connection().share().address().connections;
  lean::IdlePlace* place = order.first();
  for (const std::size_t index : {1U, 2U, 0U}) {
    assert_ptr_equal(&lean::connection_of(*place), &loop.connection(index));
    place = order.after(*place);
  }
  assert_null(place);
  loop.finish();
}

// --- A call ---

void test_a_peer_that_reads_nothing_has_a_moment(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready(4096);
  client->send(echo_call(1, "Reply", echo_data(std::string(15'000, 'x'))));
  client->send(FrameScript().headers(3, echo_head("Collect")));
  loop.settle();
  assert_false(loop.connection().writable());
  assert_false(loop.connection().end_call_for_others(LimitId::MaxStreamsPerAddress, 100ms));
  loop.pass(99ms);
  assert_false(loop.connection().end_call_for_others(LimitId::MaxStreamsPerAddress, 100ms));
  loop.pass(1ms);
  assert_true(loop.connection().end_call_for_others(LimitId::MaxStreamsPerAddress, 100ms));
  assert_int_equal(loop.connections(), 0);
  assert_int_equal(loop.count(LimitId::MaxStreamsPerAddress), 1);
  loop.finish();
}

// The call whose last message is oldest.
void test_the_call_without_a_message_for_longest_ends(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  for (const std::uint32_t stream : {1U, 3U, 5U})
    client->send(FrameScript().headers(stream, echo_head("Collect")));
  loop.settle();
  loop.pass(1s);
  client->send(FrameScript().data(1, echo_data("a")).data(5, echo_data("a")));
  loop.settle();
  loop.pass(10ms);
  const auto end = [&](lean::Time settled) {
    return loop.connection().end_call_for_others(LimitId::MaxStreamsPerAddress, settled);
  };
  assert_false(end(1s + 11ms));
  const std::string log = logged([&] { assert_true(end(1s + 10ms)); });
  assert_true(log.ends_with(" peer=unix: stream=3 limit=max-streams-per-address\n"));
  assert_string_equal(client->answer(3).status().c_str(), "14");
  assert_int_equal(loop.open_calls(), 2);
  loop.finish();
}

// One that is over, whose reply waits for its peer, and a health check end by themselves.
void test_calls_that_do_not_end_for_others(void**) {
  LeanLoop loop(limits([](Limits& l) {
    l.max_streams = 1;
    l.reserved_streams = 4;
  }));
  const auto client = loop.connect_ready();
  client->send(FrameScript().settings({{4, 0}}));
  client->send(echo_call(1, "Reply", echo_data("a")));
  client->send(FrameScript().headers(3, call_head("/grpc.health.v1.Health/Check")));
  loop.settle();
  loop.pass(10ms);
  assert_int_equal(loop.open_calls(), 2);
  assert_int_equal(loop.core().reserved_calls, 1);
  assert_false(loop.connection().end_call_for_others(LimitId::MaxStreamsPerAddress, 1ms));
  assert_false(loop.connection().end_call_for_others(LimitId::BufferBytesPerAddress, 1ms));
  client->send(FrameScript().window_update(1, 100).window_update(3, 100).data(3, framed(""), http2::kEndStream));
  loop.settle();
  for (const std::uint32_t stream : {1U, 3U})
    assert_string_equal(client->answer(stream).status().c_str(), "0");
  loop.finish();
}

// For memory, the call that holds most of it; a call that holds none ends for nobody.
void test_the_call_with_most_memory_ends(void**) {
  LeanLoop loop;
  const auto client = loop.connect_ready();
  client->send(FrameScript().headers(1, echo_head("Collect")));
  client->send(FrameScript().headers(3, echo_head("Collect")).data(3, echo_data_of_size(3000).substr(0, 1000)));
  client->send(FrameScript().headers(5, echo_head("Collect")).data(5, echo_data_of_size(6000).substr(0, 1000)));
  client->send(FrameScript().headers(7, echo_head("Collect")).data(7, echo_data_of_size(4000).substr(0, 1000)));
  loop.settle();
  loop.pass(1s);
  const auto end = [&] { return loop.connection().end_call_for_others(LimitId::BufferBytesPerAddress, 1s); };
  for (const std::uint32_t stream : {5U, 7U, 3U}) {
    assert_true(end());
    assert_string_equal(client->answer(stream).status().c_str(), "8");
  }
  assert_false(end());
  assert_int_equal(loop.open_calls(), 1);
  loop.finish();
}

// --- Large buffers ---

void test_large_buffers_are_taken_once(void**) {
  LeanLoop loop(limits([](Limits& chosen) { chosen.large_sockets = 2; }));
  const auto client = loop.connect_ready();
  assert_true(loop.connection().grow_socket());
  assert_false(loop.connection().grow_socket());
  assert_int_equal(loop.core().large_sockets.used(), 1);
  assert_int_equal(loop.count(LimitId::LargeSockets), 0);
  loop.finish();
}

// A large window that nobody uses ends, because its large buffers are needed.
void test_large_buffers_of_an_unused_window(void**) {
  LeanLoop loop(limits([](Limits& chosen) {
    chosen.stream_window_bytes = 2048;
    chosen.large_sockets = 1;
    chosen.large_windows = 1;
    chosen.keepalive = 0ms;
  }));
  const auto first = loop.connect_ready();
  const auto second = loop.connect_ready();
  loop.pass(1s);
  expect(first->control(), {});
  assert_false(loop.connection(1).grow_socket());
  assert_int_equal(loop.count(LimitId::LargeSockets), 1);
  loop.settle();
  expect(first->control(), {"SETTINGS 4=2048"});
  loop.finish();
}

// A place that is free, but not for this address, is no reason to end a large window. Neither is the last one that was free.
void test_large_buffers_that_cost_no_window(void**) {
  LeanLoop loop(limits([](Limits& chosen) {
    chosen.stream_window_bytes = 2048;
    chosen.large_sockets = 4;
    chosen.large_windows = 1;
    chosen.keepalive = 0ms;
  }));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (const std::uint32_t user : {0U, 0U, 0U, 0U, 1U}) {
    loop.come_from(user);
    clients.push_back(loop.connect_ready());
  }
  loop.pass(1s);
  assert_true(loop.connection(0).share().promised());
  assert_true(loop.connection(1).grow_socket());
  assert_true(loop.connection(2).grow_socket());
  assert_false(loop.connection(3).grow_socket());
  assert_int_equal(loop.core().large_sockets.used(), 3);
  assert_true(loop.connection(4).grow_socket());
  assert_true(loop.core().large_sockets.full());
  loop.settle();
  for (const auto& client : clients)
    expect(client->control(), {});
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_connection_closes_for_another_one),
      cmocka_unit_test(test_what_lingers_of_a_connection),
      cmocka_unit_test(test_a_connection_with_goaway_gets_no_second_one),
      cmocka_unit_test(test_the_connection_that_is_idle_longer),
      cmocka_unit_test(test_the_order_of_idle_connections),
      cmocka_unit_test(test_a_peer_that_reads_nothing_has_a_moment),
      cmocka_unit_test(test_the_call_without_a_message_for_longest_ends),
      cmocka_unit_test(test_calls_that_do_not_end_for_others),
      cmocka_unit_test(test_the_call_with_most_memory_ends),
      cmocka_unit_test(test_large_buffers_are_taken_once),
      cmocka_unit_test(test_large_buffers_of_an_unused_window),
      cmocka_unit_test(test_large_buffers_that_cost_no_window),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
