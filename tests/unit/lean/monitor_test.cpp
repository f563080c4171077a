// The listener of metrics and gRPC-Web with a clock that the test moves: its timeouts, its places and its calls.
#include "engine/lean/monitor/monitor.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/http_site.h"
#include "support/logged.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::LimitId;
using engine::Limits;

// --- Timeouts ---

void test_the_first_request_has_to_come_soon(void**) {
  Site site;
  const auto browser = site.connect();
  site.loop.pass(9'999ms);
  assert_false(browser->closed());
  site.loop.pass(1ms);
  assert_true(browser->closed());
  assert_int_equal(site.loop.count(LimitId::HttpIdleTimeout), 1);
  assert_int_equal(site.loop.count(LimitId::HttpTimeout), 0);
  site.finish();
}

void test_a_connection_rests_for_a_while(void**) {
  Site site;
  const auto browser = site.connect();
  site.loop.pass(5s);
  assert_true(contains(site.ask(*browser, kStats), "HTTP/1.1 200 OK\r\n"));
  site.loop.pass(119'999ms);
  assert_false(browser->closed());
  assert_true(contains(site.ask(*browser, kStats), "HTTP/1.1 200 OK\r\n"));
  site.loop.pass(119'999ms);
  assert_false(browser->closed());
  site.loop.pass(1ms);
  assert_true(browser->closed());
  assert_int_equal(site.loop.count(LimitId::HttpIdleTimeout), 1);
  site.finish();
}

// The time begins with the first byte; more bytes do not extend it.
void test_a_request_has_to_end_in_time(void**) {
  Site site;
  const auto browser = site.connect();
  (void)site.ask(*browser, kStats);
  site.loop.pass(60s);
  browser->send(kStats.substr(0, 10));
  site.loop.settle();
  site.loop.pass(9s);
  browser->send(kStats.substr(10, 10));
  site.loop.settle();
  site.loop.pass(999ms);
  assert_false(browser->closed());
  site.loop.pass(1ms);
  const std::string answer = site.answer(*browser);
  assert_true(contains(answer, "HTTP/1.1 408 Request Timeout\r\n") && contains(answer, "connection: close\r\n"));
  assert_int_equal(answer.rfind("HTTP/1.1"), 0);  // There is one answer.
  assert_true(browser->closed());
  assert_int_equal(site.loop.count(LimitId::HttpTimeout), 1);
  assert_int_equal(site.loop.count(LimitId::HttpIdleTimeout), 0);
  assert_true(contains(site.ask(*site.connect(), kMetrics), "\nmote_http_requests_total{code=\"408\"} 1\n"));
  site.finish();
}

// The time of a pipelined request begins with the end of the reply before it.
void test_a_pipelined_request_has_its_own_time(void**) {
  Site site;
  const auto browser = site.connect();
  site.loop.pass(9s);
  const std::string answer = site.ask(*browser, std::string(kStats) + std::string(kStats.substr(0, 20)));
  assert_true(contains(answer, "HTTP/1.1 200 OK\r\n"));
  site.loop.pass(9'999ms);
  assert_string_equal(browser->text().c_str(), "");
  assert_true(contains(site.ask(*browser, kStats.substr(20)), "HTTP/1.1 200 OK\r\n"));
  site.finish();
}

void test_a_reply_has_to_be_read_in_time(void**) {
  Site site;
  const auto browser = site.connect();
  for (int i = 0; i < 200; ++i)
    browser->send(kMetrics);
  site.loop.settle();
  site.loop.pass(9'999ms);
  assert_int_equal(site.loop.count(LimitId::HttpTimeout), 0);
  assert_false(site.over());
  site.loop.pass(1ms);
  assert_int_equal(site.loop.count(LimitId::HttpTimeout), 1);
  assert_true(site.over());
  site.finish();
}

// The time of a reply begins with it, whenever its request began.
void test_a_reply_has_its_own_time(void**) {
  Site site;
  const auto browser = site.connect();
  std::string requests(kMetrics.substr(0, 10));
  browser->send(requests);
  site.loop.settle();
  site.loop.pass(9s);
  requests.assign(kMetrics.substr(10));
  for (int i = 0; i < 200; ++i)
    requests += kMetrics;
  browser->send(requests);
  site.loop.settle();
  assert_int_equal(site.time_left().count(), lean::Time(10s).count());
  site.finish();
}

void test_a_peer_that_closes(void**) {
  Site site;
  auto browser = site.connect();
  (void)site.ask(*browser, kStats);
  browser.reset();
  site.loop.settle();
  assert_true(site.loop.next_due() == lean::kNever);
  site.finish();
}

// A small socket, over which one reply takes several reads.
const Limits kSmallSocket = limits([](Limits& chosen) { chosen.socket_send_bytes = 4096; });

// So does that of a request which arrived with the one before it.
void test_a_reply_and_the_request_behind_it_have_their_own_time(void**) {
  Site site(kSmallSocket, "127.0.0.1:0");
  const auto browser = site.connect(1);
  browser->send(kMetrics.substr(0, 10));
  site.loop.settle();
  site.loop.pass(9s);
  browser->send(std::string(kMetrics.substr(10)) + std::string(kStats.substr(0, 20)));
  site.loop.settle();
  assert_int_equal(site.time_left().count(), lean::Time(10s).count());
  site.loop.pass(9s);
  (void)site.answer(*browser);
  assert_int_equal(site.time_left().count(), lean::Time(10s).count());
  site.finish();
}

// Two pieces, and the one that exceeds them.
void test_a_turn_sends_a_part_of_a_reply(void**) {
  Site site;
  const auto browser = site.connect();
  browser->send(kMetrics);
  assert_true(site.loop.turn());
  assert_in_range(browser->text().size(), 2 * lean::HttpConnection::kReplyBytes, 3 * lean::HttpConnection::kReplyBytes);
  assert_true(contains(site.answer(*browser), "\r\n0\r\n\r\n"));
  site.finish();
}

// The rest of a reply is still in the kernel: a close would discard it.
void test_a_peer_that_ends_its_side_receives_its_reply(void**) {
  for (const bool reads : {true, false}) {
    Site site(limits([](Limits& chosen) { chosen.socket_send_bytes = 64 * 1024; }), "127.0.0.1:0");
    const auto browser = site.connect(1);  // The least that the kernel allows.
    browser->send(kMetrics);
    site.loop.settle();
    assert_int_equal(site.time_left().count(), lean::Time(120s).count());  // The kernel has taken it all.
    browser->shut_down();
    site.loop.settle();
    assert_false(site.over());
    assert_int_equal(site.time_left().count(), lean::kLinger.count());
    if (reads) {
      assert_true(browser->rest().ends_with("\r\n0\r\n\r\n"));
      assert_true(site.over());
    }
    site.loop.pass(lean::kLinger);
    assert_true(site.over());
    assert_true(site.loop.next_due() == lean::kNever);
    site.finish();
  }
}

// After the last reply a connection waits for the end of its peer, as long as for a request.
void test_a_peer_that_does_not_close(void**) {
  Site site(limits([](Limits& chosen) { chosen.http_connections = 1; }));
  const auto browser = site.connect();
  const std::string answer =
      site.ask(*browser, "GET /stats.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  assert_true(contains(answer, "connection: close\r\n") && contains(answer, "\"http-connections\",\"used\":1"));
  assert_true(browser->closed());
  // What comes now is discarded.
  browser->send(kStats);
  site.loop.settle();
  site.loop.pass(9'999ms);
  assert_true(browser->closed());
  site.loop.pass(1ms);
  assert_true(site.loop.next_due() == lean::kNever);
  assert_int_equal(site.loop.count(LimitId::HttpTimeout), 0);
  assert_int_equal(site.loop.count(LimitId::HttpIdleTimeout), 0);
  // Its place is free.
  const auto next = site.connect();
  assert_true(contains(site.ask(*next, kStats), "HTTP/1.1 200 OK\r\n"));
  assert_int_equal(site.loop.count(LimitId::HttpConnections), 0);
  site.finish();
}

// --- Places ---

const Limits kTwoPlaces = limits([](Limits& chosen) { chosen.http_connections = 2; });

void test_the_connection_that_rests_longest_makes_room(void**) {
  Site site(kTwoPlaces);
  const auto first = site.connect();
  const auto second = site.connect();
  (void)site.ask(*second, kStats);
  site.loop.pass(1s);
  (void)site.ask(*first, kStats);
  const auto third = site.connect();
  assert_false(first->closed());
  assert_true(second->closed());
  assert_true(contains(site.ask(*third, kStats), "HTTP/1.1 200 OK\r\n"));
  assert_int_equal(site.loop.count(LimitId::HttpConnections), 1);
  site.finish();
}

void test_a_connection_with_a_request_keeps_its_place(void**) {
  Site site(kTwoPlaces);
  const auto first = site.connect();
  const auto second = site.connect();
  for (const auto* one : {&first, &second})
    (*one)->send("GET ");
  site.loop.settle();
  const auto third = site.connect();
  const std::string refusal = third->text();
  assert_true(contains(refusal, "HTTP/1.1 503 Service Unavailable\r\n") && contains(refusal, "retry-after: 1\r\n"));
  assert_true(third->closed());
  assert_int_equal(site.loop.count(LimitId::HttpConnections), 1);
  assert_int_equal(site.loop.core().closing_sockets.used(), 1);
  first->send(kMetrics.substr(4));
  assert_true(contains(site.answer(*first), "\nmote_http_requests_total{code=\"503\"} 1\n"));
  assert_true(contains(site.ask(*first, kStats), "{\"name\":\"http-connections\",\"peer\":\"unix:\",\"count\":1,"));
  site.finish();
}

// Accepting pauses while there is no descriptor, and goes on when there is one; a drain ends the pause.
void test_descriptors_run_out(void**) {
  for (const bool drains : {false, true}) {
    Site site;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const Browser browser(site.address());
    const int lowest = ::dup(STDERR_FILENO);
    ::close(lowest);
    const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest), .rlim_max = limit.rlim_max};
    assert_int_equal(::setrlimit(RLIMIT_NOFILE, &none), 0);
    site.loop.settle();
    assert_int_equal(site.time_left().count(), lean::Time(100ms).count());
    assert_int_equal(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (drains) {
      site.drain();
      assert_true(site.loop.next_due() == lean::kNever);
    } else {
      site.loop.pass(100ms);
      site.loop.settle();
      assert_int_equal(site.time_left().count(), lean::Time(10s).count());  // Of the connection.
    }
    site.finish();
  }
}

// The connections of one turn, and one more than the kernel keeps behind them.
void test_a_full_backlog(void**) {
  Site site(limits([](Limits& chosen) { chosen.listen_backlog = 64; }), "127.0.0.1:0");
  std::vector<std::unique_ptr<Browser>> browsers;
  for (int i = 0; i < 65; ++i)
    browsers.push_back(std::make_unique<Browser>(site.address()));
  site.loop.settle();
  assert_int_equal(site.loop.count(LimitId::ListenBacklog), 1);
  site.finish();
}

// --- The size of requests ---

std::string padded(std::string_view request, std::size_t size) {
  const std::string head = std::string(request.substr(0, request.size() - 2)) + "X: ";
  return head + std::string(size - head.size() - 4, 'x') + "\r\n\r\n";
}

void test_the_largest_request(void**) {
  Site site;
  const std::size_t most = site.loop.core().limits.http_request_bytes;
  const auto browser = site.connect();
  assert_true(contains(site.ask(*browser, padded(kStats, most)), "HTTP/1.1 200 OK\r\n"));
  assert_int_equal(site.loop.count(LimitId::HttpRequestBytes), 0);
  std::string refusal;
  const std::string log = logged([&] { refusal = site.ask(*browser, padded(kStats, most + 1)); });
  assert_true(contains(log, "event=limit-reached name=http-request-bytes "));
  assert_true(contains(refusal, "HTTP/1.1 431 "));
  assert_int_equal(site.loop.count(LimitId::HttpRequestBytes), 1);
  site.finish();
}

void test_the_largest_content(void**) {
  Site site;
  const std::size_t most = site.loop.core().limits.http_request_bytes;
  const std::string head = call("Reply", std::string(1000, 'x'));
  const std::size_t room = most - (head.size() - 1000);
  const auto browser = site.connect();
  const std::string reply = site.ask(*browser, call("Reply", echo_data_of_size(room - 5)));
  assert_true(contains(reply, "HTTP/1.1 200 OK\r\n") && contains(content_of(reply), "grpc-status: 0\r\n"));
  const auto other = site.connect();
  assert_true(contains(site.ask(*other, call("Reply", echo_data_of_size(room - 4))), "HTTP/1.1 413 "));
  assert_int_equal(site.loop.count(LimitId::HttpRequestBytes), 1);
  site.finish();
}

// --- gRPC-Web calls ---

void test_replies_come_when_they_are_due(void**) {
  Site site;
  const auto browser = site.connect();
  const std::string first = site.ask(*browser, call("ReplyStream", echo_data("a", 3, 1000)));
  assert_true(contains(first, "HTTP/1.1 200 OK\r\n") && contains(content_of(first), "You said: a"));
  site.loop.pass(999ms);
  assert_string_equal(browser->text().c_str(), "");
  site.loop.pass(1ms);
  assert_true(contains(browser->text(), "You said: a"));
  site.loop.pass(1s);
  const std::string last = browser->text();
  assert_true(contains(last, "You said: a") && contains(last, "grpc-status: 0\r\n") && last.ends_with("0\r\n\r\n"));
  assert_int_equal(site.loop.used_blocks(), 0);
  site.loop.pass(119'999ms);
  assert_false(browser->closed());
  assert_true(contains(site.ask(*browser, kStats), "HTTP/1.1 200 OK\r\n"));
  site.finish();
}

void test_the_deadline_of_a_call(void**) {
  Site site;
  const auto browser = site.connect();
  (void)site.ask(*browser, call("ReplyStream", echo_data("a", 1000, 60'000), "Grpc-Timeout: 50S\r\n"));
  site.loop.pass(49'999ms);
  assert_string_equal(browser->text().c_str(), "");
  site.loop.pass(1ms);
  const std::string end = browser->text();
  assert_true(contains(end, "grpc-status: 4\r\n") && contains(end, "grpc-message: deadline exceeded\r\n"));
  assert_int_equal(site.loop.used_blocks(), 0);
  assert_int_equal(site.loop.count(LimitId::HttpTimeout), 0);
  site.finish();
}

// A peer that reads nothing is given up after http-timeout-ms; whatever it reads begins the time anew.
void test_a_call_whose_peer_does_not_read(void**) {
  Site site;
  const auto browser = site.connect();
  browser->send(call("ReplyStream", echo_data(std::string(2000, 'x'), 10'000)));
  site.loop.settle();
  assert_true(site.loop.used_blocks() > 0);
  site.loop.pass(9'999ms);
  assert_true(browser->text().size() > 20'000);
  site.loop.settle();
  site.loop.pass(9'999ms);
  assert_int_equal(site.loop.count(LimitId::HttpTimeout), 0);
  assert_true(site.loop.used_blocks() > 0);
  site.loop.pass(1ms);
  assert_int_equal(site.loop.count(LimitId::HttpTimeout), 1);
  assert_int_equal(site.loop.used_blocks(), 0);
  assert_true(site.over());
  site.finish();
}

// The kernel would keep for minutes what the peer has not read.
void test_unread_replies_in_the_kernel_are_discarded(void**) {
  Site site(limits([](Limits& chosen) { chosen.socket_send_bytes = 64 * 1024; }), "127.0.0.1:0");
  const auto browser = site.connect(1);  // The least that the kernel allows.
  browser->send(call("ReplyStream", echo_data(std::string(2000, 'x'), 10'000)));
  site.loop.settle();
  site.loop.pass(10s);
  assert_int_equal(site.loop.count(LimitId::HttpTimeout), 1);
  (void)browser->text();
  assert_int_equal(errno, ECONNRESET);
  site.finish();
}

// The time of a call whose reply finds no room begins with the call.
void test_a_call_that_begins_while_the_socket_is_full(void**) {
  for (std::size_t size = 0; size <= 4000; size += 500) {
    Site site;
    const auto browser = site.connect();
    do {
      site.loop.pass(5s);
      browser->send(call("Reply", echo_data(std::string(size, 'x'))));
      site.loop.settle();
    } while (site.time_left() == lean::Time(120s));
    assert_int_equal(site.time_left().count(), lean::Time(10s).count());
    site.finish();
  }
}

void test_a_peer_that_goes_away_ends_its_call(void**) {
  Site site;
  auto browser = site.connect();
  (void)site.ask(*browser, call("ReplyStream", echo_data("a", 1000, 1000)));
  assert_true(site.loop.used_blocks() > 0);
  browser.reset();
  site.loop.settle();
  assert_int_equal(site.loop.used_blocks(), 0);
  assert_true(site.over());
  const auto other = site.connect();
  assert_true(contains(site.ask(*other, kMetrics), "grpc_method=\"ReplyStream\",grpc_code=\"CANCELLED\"} 1\n"));
  site.finish();
}

// A client of HTTP/1.0 reads no chunks: the end of the connection is that of the reply.
void test_a_call_over_http_1_0(void**) {
  Site site;
  const auto browser = site.connect();
  const std::string reply = site.ask(*browser, call("Reply", echo_data("a"), {}, "1.0"));
  assert_true(contains(reply, "connection: close\r\n") && !contains(reply, "transfer-encoding"));
  assert_true(contains(reply, "You said: a") && reply.ends_with("grpc-status: 0\r\n"));
  assert_true(browser->closed());
  site.finish();
}

// Names of up to 63 characters are metadata.
void test_metadata_of_a_call(void**) {
  Site site;
  const std::string name = "x-echo-" + std::string(56, 'n');
  const auto browser = site.connect();
  const std::string known = site.ask(*browser, call("Reply", echo_data("a"), name + ":  v \r\nX-Echo-Short:v\r\n"));
  assert_true(contains(known, "\r\n" + name + ": v\r\n") && contains(content_of(known), "\r\n" + name + ": v\r\n"));
  assert_true(contains(known, "\r\nx-echo-short: v\r\n"));
  const std::string longer = site.ask(*browser, call("Reply", echo_data("a"), name + "n: v\r\n"));
  assert_true(contains(content_of(longer), "grpc-status: 0\r\n") && !contains(longer, name));
  for (const char* field : {"Cookie", "Origin", "Referer", "X-User-Agent", "Accept-X", "Sec-X"}) {
    const std::string value = field == std::string_view("Origin") ? std::string(kOrigin) : std::string(1100, 'c');
    const std::string reply = site.ask(*browser, call("Reply", echo_data("a"), field + (": " + value) + "\r\n"));
    assert_true(contains(content_of(reply), "grpc-status: 0\r\n"));
  }
  const std::string large =
      site.ask(*browser, call("Reply", echo_data("a"), "X-Other: " + std::string(1100, 'c') + "\r\n"));
  assert_true(contains(content_of(large), "grpc-status: 8\r\n"));
  site.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_first_request_has_to_come_soon),
      cmocka_unit_test(test_a_connection_rests_for_a_while),
      cmocka_unit_test(test_a_request_has_to_end_in_time),
      cmocka_unit_test(test_a_pipelined_request_has_its_own_time),
      cmocka_unit_test(test_a_reply_has_to_be_read_in_time),
      cmocka_unit_test(test_a_peer_that_closes),
      cmocka_unit_test(test_a_reply_has_its_own_time),
      cmocka_unit_test(test_a_reply_and_the_request_behind_it_have_their_own_time),
      cmocka_unit_test(test_a_turn_sends_a_part_of_a_reply),
      cmocka_unit_test(test_a_peer_that_ends_its_side_receives_its_reply),
      cmocka_unit_test(test_a_peer_that_does_not_close),
      cmocka_unit_test(test_the_connection_that_rests_longest_makes_room),
      cmocka_unit_test(test_a_connection_with_a_request_keeps_its_place),
      cmocka_unit_test(test_descriptors_run_out),
      cmocka_unit_test(test_a_full_backlog),
      cmocka_unit_test(test_the_largest_request),
      cmocka_unit_test(test_the_largest_content),
      cmocka_unit_test(test_replies_come_when_they_are_due),
      cmocka_unit_test(test_the_deadline_of_a_call),
      cmocka_unit_test(test_a_call_whose_peer_does_not_read),
      cmocka_unit_test(test_unread_replies_in_the_kernel_are_discarded),
      cmocka_unit_test(test_a_call_that_begins_while_the_socket_is_full),
      cmocka_unit_test(test_a_peer_that_goes_away_ends_its_call),
      cmocka_unit_test(test_a_call_over_http_1_0),
      cmocka_unit_test(test_metadata_of_a_call),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
