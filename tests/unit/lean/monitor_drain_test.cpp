// How connections of the listener of metrics and gRPC-Web end while the gateway drains.
#include <memory>
#include <string>

#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/http_site.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;

void test_a_drain_ends_connections_that_rest(void**) {
  Site site;
  const auto browser = site.connect();
  (void)site.ask(*browser, kStats);
  const auto silent = site.connect();
  assert_false(site.over());
  site.drain();
  assert_true(browser->closed() && silent->closed());
  assert_true(site.over());
  site.finish();
}

void test_a_drain_waits_for_a_request_under_way(void**) {
  Site site;
  const auto browser = site.connect();
  browser->send(kStats.substr(0, 10));
  site.loop.settle();
  site.drain();
  assert_false(site.over());
  const std::string answer = site.ask(*browser, kStats.substr(10));
  assert_true(contains(answer, "connection: close\r\n"));
  assert_true(site.over());
  assert_true(browser->closed());
  assert_int_equal(site.time_left().count(), lean::kLinger.count());
  site.loop.pass(lean::kLinger);
  assert_true(site.loop.next_due() == lean::kNever);
  site.finish();
}

// Its reply was sent, but the peer does not close.
void test_a_drain_shortens_the_wait_for_the_end_of_a_peer(void**) {
  Site site;
  const auto browser = site.connect();
  (void)site.ask(*browser, "GET /stats.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  assert_int_equal(site.time_left().count(), lean::Time(10s).count());
  site.drain();
  assert_int_equal(site.time_left().count(), lean::kLinger.count());
  site.loop.pass(lean::kLinger);
  assert_true(site.loop.next_due() == lean::kNever);
  site.finish();
}

void test_a_drain_lets_a_call_finish(void**) {
  Site site;
  const auto browser = site.connect();
  (void)site.ask(*browser, call("ReplyStream", echo_data("a", 2, 1000)));
  site.drain();
  assert_false(site.over());
  assert_string_equal(browser->text().c_str(), "");
  site.loop.pass(1s);
  assert_true(contains(site.answer(*browser), "grpc-status: 0\r\n"));
  assert_true(browser->closed());
  assert_true(site.over());
  site.finish();
}

void test_a_drain_notifies_watchers(void**) {
  Site site;
  const auto browser = site.connect();
  std::string watch = call("Watch", std::string(5, '\0'));
  watch.replace(watch.find("echo.Echo"), 9, "grpc.health.v1.Health");
  assert_true(contains(site.ask(*browser, watch), "\x08\x01"));  // SERVING
  site.drain();
  assert_true(contains(browser->text(), "\x08\x02"));  // NOT_SERVING
  site.finish();
}

// The peer reads slowly: only drain-seconds bound how long its reply waits in the kernel.
void test_a_drain_waits_for_a_reply_that_is_read_slowly(void**) {
  Site site(limits([](engine::Limits& chosen) { chosen.socket_send_bytes = 64 * 1024; }), "127.0.0.1:0");
  const auto browser = site.connect(1);  // The least that the kernel allows.
  browser->send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  site.loop.settle();
  site.drain();
  for (int i = 0; i < 3; ++i) {
    assert_false(site.over());
    site.loop.pass(lean::kLinger);
  }
  const std::string answer = browser->rest();
  assert_true(contains(answer, "connection: close\r\n") && answer.ends_with("\n"));
  assert_true(site.over());
  site.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_drain_ends_connections_that_rest),
      cmocka_unit_test(test_a_drain_waits_for_a_request_under_way),
      cmocka_unit_test(test_a_drain_shortens_the_wait_for_the_end_of_a_peer),
      cmocka_unit_test(test_a_drain_lets_a_call_finish),
      cmocka_unit_test(test_a_drain_notifies_watchers),
      cmocka_unit_test(test_a_drain_waits_for_a_reply_that_is_read_slowly),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
