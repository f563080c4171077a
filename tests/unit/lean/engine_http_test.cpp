// Metrics and the status page beside the loop of the engine.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "engine/lean/engine.h"
#include "engine/log.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/http_site.h"
#include "support/lines.h"
#include "support/raw_client.h"
#include "support/running_engine.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::Limits;

struct Monitored : StoppedEngine {
  explicit Monitored(const Limits& limits, const std::string& http = "127.0.0.1:0") : StoppedEngine(limits) {
    engine.use_http({.sites = {}, .monitor = lean::MonitorSettings{.address = address(http), .version = "1"}});
  }
};

Limits with_http(std::uint32_t connections = 4) {
  return resolved([connections](Limits& l) {
    l.http = true;
    l.http_connections = connections;
    l.max_connections = 1;
  });
}

// Takes what there is of the page. Whether that was the end of it.
bool has_come(std::string& page, Browser& browser) {
  page += browser.text();
  return page.ends_with("0\r\n\r\n");
}

void test_metrics_of_the_loop(void**) {
  Monitored running(with_http());
  assert_string_equal(running.start().c_str(), "");
  Browser browser(*running.engine.monitor_address());
  std::vector<std::unique_ptr<RawClient>> clients;
  std::string metrics;
  std::string stats;
  running.host.steps = {
      [&] {
        for (int i = 0; i < 2; ++i)
          clients.push_back(running.connect());
        clients.front()->send(hello().raw(echo_call(1, "Reply", echo_data("a")).bytes()));
        return true;
      },
      [&] { return answered(*clients.front(), 1) && clients.back()->closed(); },
      [&] {
        browser.send(kMetrics);
        return true;
      },
      [&] { return has_come(metrics, browser); },
      [&] {
        browser.send(kStats);
        return true;
      },
      [&] { return has_come(stats, browser); },
      [&] {
        clients.clear();
        return true;
      },
  };
  running.run();
  metrics = content_of(metrics);
  stats = content_of(stats);
  assert_true(contains(stats, "\"opened\":1,"));
  assert_true(contains(stats, "\"method\":\"Reply\",\"started\":1,"));
  assert_true(contains(stats, "\"refusals\":[{\"name\":\"max-connections-per-address\",\"peer\":\"127.0.0.1:"));
  assert_true(contains(stats, "\"program\":\"a gateway\""));
  assert_in_range(number_of(stats, "\"longest_turn_us\":"), 1, 10'000'000);
  assert_in_range(number_of(metrics, "mote_loop_turns_total "), 2, 10'000'000);
}

void test_the_address_of_metrics_is_in_use(void**) {
  Monitored first(with_http());
  assert_string_equal(first.start().c_str(), "");
  const std::string taken(engine::AddressText(*first.engine.monitor_address()).view());
  Monitored second(with_http(), taken);
  assert_true(second.start().starts_with("cannot listen on " + taken + ": Address already in use"));
}

void test_without_metrics_there_is_no_address(void**) {
  const RunningEngine running(resolved([](Limits&) {}));
  assert_null(running.engine.monitor_address());
}

// The end waits for the reply to a request that has begun, and closes the listener at once.
void test_a_drain_waits_for_a_request(void**) {
  Limits chosen = with_http();
  chosen.drain = std::chrono::seconds(10);
  Monitored running(chosen);
  assert_string_equal(running.start().c_str(), "");
  const engine::Address to = *running.engine.monitor_address();
  Browser browser(to);
  std::string reply;
  int turns = 0;
  running.host.steps = {
      [&] {
        browser.send(kStats.substr(0, 10));
        return true;
      },
      [&] { return ++turns == 5; },
      [] { return ::kill(::getpid(), SIGTERM) == 0; },
      [&] { return ++turns == 10; },
      [&] {
        const int late = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(::connect(late, to.pointer(), to.length), -1);
        ::close(late);
        browser.send(kStats.substr(10));
        return true;
      },
      [&] {
        reply += browser.text();
        return false;  // The engine ends by itself.
      },
  };
  running.run();
  reply += browser.text();
  assert_true(reply.starts_with("HTTP/1.1 200 OK\r\n"));
  assert_true(contains(reply, "\"draining\":true"));
}

// A limit that an open connection reaches, with the address of its peer.
void test_a_refusal_names_the_peer_of_the_connection(void**) {
  Limits chosen = with_http();
  chosen.max_header_fields = 6;
  Monitored running(chosen);
  assert_string_equal(running.start().c_str(), "");
  Browser browser(*running.engine.monitor_address());
  const auto client = running.connect();
  client->send(hello().raw(echo_call(1, "Reply", echo_data("a"), {{"a", "b"}, {"c", "d"}}).bytes()));
  std::string stats;
  running.host.steps = {
      [&] { return answered(*client, 1); },
      [&] {
        browser.send(kStats);
        return true;
      },
      [&] { return has_come(stats, browser); },
      [&] { return hang_up(*client); },
  };
  running.run();
  assert_true(contains(content_of(stats), "\"refusals\":[{\"name\":\"max-header-fields\",\"peer\":\"127.0.0.1:"));
}

// Browsers may call on a listener with TLS only.
void test_no_web_calls_without_tls(void**) {
  const std::array<std::string, 1> origins = {"https://console.example"};
  StoppedEngine running(resolved([](Limits&) {}));
  running.engine.use_http({.sites = {.hosts = {}, .origins = origins}, .monitor = {}});
  assert_string_equal(running.start().c_str(), "");
  const auto client = running.connect();
  Block head;
  head.literal(":method", "POST").literal(":scheme", "http").literal(":path", "/echo.Echo/Reply");
  head.literal("content-type", "application/grpc-web+proto");
  client->send(hello().headers(1, head).data(1, echo_data("a"), http2::kEndStream));
  running.host.steps = {
      [&] { return answered(*client, 1); },
      [&] { return hang_up(*client); },
  };
  running.run();
  assert_string_equal(client->answer(1).field(":status").c_str(), "415");
}

}  // namespace

int main() {
  mote::engine::set_log_rate(1000);
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_metrics_of_the_loop),
      cmocka_unit_test(test_the_address_of_metrics_is_in_use),
      cmocka_unit_test(test_without_metrics_there_is_no_address),
      cmocka_unit_test(test_a_drain_waits_for_a_request),
      cmocka_unit_test(test_a_refusal_names_the_peer_of_the_connection),
      cmocka_unit_test(test_no_web_calls_without_tls),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
