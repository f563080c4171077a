// A server in memory: its clock, its timers, its configuration, its end.
#include "mote/testing/server.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "echo.mote.h"
#include "echo_device.h"
#include "grpc/health/v1/health.client.h"
#include "misuse.h"
#include "mote/rpc/loop.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using testing::Channel;
using testing::Server;

// A service with configuration keys, a timer and a descriptor.
class Busy : public echo::EchoService<Busy> {
 public:
  ~Busy() { ::close(event_); }

  void settings(Settings& settings) {
    settings.number("interval-ms", interval_ms, 1, 1000, "How often it ticks.");
    settings.text("site", site, "Where it is.");
    settings.flag("loud", loud, "Whether it is loud.");
  }
  const char* on_start(Loop& loop) {
    loop_ = &loop;
    loop.add(tick_);
    tick_.wake_at(loop.now() + std::chrono::milliseconds(interval_ms));
    return loop.add(descriptor_, event_, EPOLLIN) ? nullptr : "cannot watch an event";
  }
  // NOLINTNEXTLINE(readability-identifier-naming): the name of the method
  Status Reply(Call& call, const echo::EchoRequest& request, echo::EchoReply& reply) {
    reply.message = request.message;
    unix_us = call.unix_us();
    received_us = call.received_unix_us();
    if (server != nullptr) server->settle();
    return {};
  }
  struct ReplyStream : ReplyStreamCall {
    void on_message(const echo::EchoRequest& request) {
      wake_at(now() + std::chrono::milliseconds(request.interval_ms));
    }
    void on_ready() { finish(); }
  };
  struct Collect : CollectCall {
    void on_message(const echo::EchoRequest& /*request*/) {}
    void on_half_close() { finish({}); }
  };
  struct Chat : ChatCall {
    void on_message(const echo::EchoRequest& /*request*/) {}
    void on_half_close() { finish(); }
  };

  void signal() const { assert_int_equal(::eventfd_write(event_, 1), 0); }

  std::uint32_t interval_ms = 100;
  std::string site = "nowhere";
  bool loud = false;
  std::vector<rpc::Time> ticks;
  int signals = 0;
  std::uint64_t unix_us = 0;
  std::uint64_t received_us = 0;
  Server* server = nullptr;  // If it is set, a handler waits for it, which is an error.

 private:
  void on_tick() {
    ticks.push_back(loop_->now());
    tick_.wake_at(loop_->now() + std::chrono::milliseconds(interval_ms));
  }
  void on_event(std::uint32_t /*events*/) {
    eventfd_t value = 0;
    assert_int_equal(::eventfd_read(event_, &value), 0);
    ++signals;
  }

  int event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  Loop* loop_ = nullptr;
  Timer tick_ = Timer::calls<&Busy::on_tick>(*this);
  Descriptor descriptor_ = Descriptor::calls<&Busy::on_event>(*this);
};

void test_the_clock_moves_only_on_request(void**) {
  EchoServer server;
  assert_true(server.now() == 1h);
  server.settle();
  assert_true(server.now() == 1h);
  server.advance(250us);
  assert_true(server.now() == 1h + 250us);
  assert_int_equal(server.unix_us(), 1'735'689'600'000'000 + 3'600'000'000 + 250);
}

void test_functions_run_at_their_time_and_in_order(void**) {
  EchoServer server;
  const rpc::Time start = server.now();
  std::vector<std::pair<int, rpc::Time>> calls;
  const auto note = [&](int number) { return [&, number] { calls.emplace_back(number, server.now() - start); }; };
  server.after(20ms, note(3));
  server.after(10ms, note(1));
  server.after(10ms, note(2));
  server.after(0ms, note(0));
  server.after(10ms, [&] { server.after(5ms, note(4)); });
  server.advance(9ms);
  assert_int_equal(calls.size(), 1);
  server.advance(11ms);
  const std::vector<std::pair<int, rpc::Time>> wanted = {{0, 0ms}, {1, 10ms}, {2, 10ms}, {4, 15ms}, {3, 20ms}};
  assert_true(calls == wanted);
}

void test_timers_of_a_service(void**) {
  Busy busy;
  Server server(busy);
  const rpc::Time start = server.now();
  server.advance(350ms);
  const std::vector<rpc::Time> wanted = {start + 100ms, start + 200ms, start + 300ms};
  assert_true(busy.ticks == wanted);
}

void test_descriptors_of_a_service(void**) {
  Busy busy;
  Server server(busy);
  busy.signal();
  assert_int_equal(busy.signals, 0);
  server.settle();
  assert_int_equal(busy.signals, 1);
}

void test_settings_of_a_service(void**) {
  Busy busy;
  {
    const Server server({{"interval-ms", "7"}, {"site", "roof"}, {"loud", "on"}}, busy);
    assert_int_equal(busy.interval_ms, 7);
    assert_string_equal(busy.site.c_str(), "roof");
    assert_true(busy.loud);
  }
  const Server server({{"loud", "off"}}, busy);
  assert_false(busy.loud);
  assert_int_equal(busy.interval_ms, 7);
}

void test_limits(void**) {
  EchoServer server({{"max-message-bytes", "1 KiB"}});
  EchoDevice device(server);
  assert_string_equal(device.ask("short").c_str(), "You said: short");
  assert_string_equal(device.ask(std::string(2000, 'x')).substr(0, 18).c_str(), "RESOURCE_EXHAUSTED");
}

void test_wrong_settings(void**) {
  const auto with = [](const char* key, const char* value) {
    return misuse([&] {
      Busy busy;
      const Server server({{key, value}}, busy);
    });
  };
  assert_string_equal(with("sight", "x").c_str(), "mote::testing: nothing has the configuration key sight\n");
  assert_string_equal(with("loud", "yes").c_str(), "mote::testing: loud = yes: neither on nor off\n");
  assert_string_equal(with("interval-ms", "0").c_str(), "mote::testing: interval-ms = 0: out of range: 1 to 1000\n");
  assert_string_equal(with("max-streams", "0").c_str(), "mote::testing: max-streams = 0: out of range\n");
  assert_true(with("max-streams", "some").starts_with("mote::testing: max-streams = some: "));
  assert_true(with("receive-bytes", "100").starts_with("mote::testing: receive-bytes"));
  assert_string_equal(with("loud", "on").c_str(), "no abort");
}

void test_a_service_that_cannot_start(void**) {
  struct Broken : Busy {
    const char* on_start(Loop& /*loop*/) { return "no UART"; }
  };
  const std::string text = misuse([] {
    Broken broken;
    const std::array services = {
        rpc::Service{.name = "broken", .methods = {}, .object = &broken, .start = [](void* object, Loop& loop) {
                       return static_cast<Broken*>(object)->on_start(loop);
                     }}};
    const Server server(services, {});
  });
  assert_string_equal(text.c_str(), "mote::testing: a service cannot start: no UART\n");
}

// Wall-clock times are those of the server's clock.
void test_times_in_a_handler(void**) {
  Busy busy;
  Server server(busy);
  EchoDevice device(server);
  server.advance(1234us);
  assert_string_equal(device.ask("a").c_str(), "a");
  assert_int_equal(busy.unix_us, server.unix_us());
  assert_int_equal(busy.received_us, server.unix_us());
}

void test_a_handler_cannot_wait_for_its_server(void**) {
  const std::string text = misuse([] {
    Busy busy;
    Server server(busy);
    busy.server = &server;
    EchoDevice device(server);
    device.ask("a");
  });
  assert_string_equal(text.c_str(), "mote::testing: a handler waits for its own server\n");
}

void test_health_is_served(void**) {
  EchoServer server;
  EchoDevice device(server);
  grpc_health_v1_HealthCheckRequest request{};
  request.service = MOTE_TEXT("echo.Echo");
  grpc_health_v1_HealthCheckResponse response{};
  assert_int_equal(grpc_health_v1_Health_Check(&device.client, nullptr, &request, &response), MOTE_OK);
  assert_int_equal(response.status, grpc_health_v1_HealthCheckResponse_ServingStatus_SERVING);
}

// A call that is open may end; then the connection is closed, and no other is accepted.
void test_a_shutdown(void**) {
  Busy busy;
  Server server(busy);
  EchoDevice device(server);
  echo_EchoRequest request{};
  request.interval_ms = 300;
  const echo_Echo_ReplyStream_call call = echo_Echo_ReplyStream(&device.client, nullptr, &request);
  assert_int_equal(server.open_calls(), 1);
  server.shut_down();
  assert_int_equal(server.open_calls(), 0);  // on_ready() of a call that sleeps is called at once.
  echo_EchoReply reply{};
  assert_int_equal(echo_Echo_ReplyStream_receive(call, &reply, MOTE_TO_DEADLINE), MOTE_OVER);
  assert_int_equal(echo_Echo_ReplyStream_status(call), MOTE_OK);
  server.advance(10s);
  assert_int_equal(server.connections(), 0);
  EchoDevice late(server);
  assert_string_equal(late.ask("a").substr(0, 11).c_str(), "UNAVAILABLE");
}

void test_a_server_ends_with_open_calls(void**) {
  Busy busy;
  {
    Server server(busy);
    EchoDevice device(server);
    echo_EchoRequest request{};
    request.interval_ms = 300;
    echo_Echo_ReplyStream(&device.client, nullptr, &request);
    assert_int_equal(server.open_calls(), 1);
  }
  Server server(busy);
  EchoDevice device(server);
  assert_string_equal(device.ask("again").c_str(), "again");
}

void test_every_run_is_the_same(void**) {
  const auto run = [] {
    EchoServer server;
    EchoDevice one(server);
    EchoDevice other(server);
    one.channel.limit_bytes(3);
    std::string seen = one.ask("a") + other.ask("b");
    return seen + std::to_string(server.now().count());
  };
  const std::string first = run();
  for (int i = 0; i < 10; ++i)
    assert_string_equal(run().c_str(), first.c_str());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_clock_moves_only_on_request),
      cmocka_unit_test(test_functions_run_at_their_time_and_in_order),
      cmocka_unit_test(test_timers_of_a_service),
      cmocka_unit_test(test_descriptors_of_a_service),
      cmocka_unit_test(test_settings_of_a_service),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_wrong_settings),
      cmocka_unit_test(test_a_service_that_cannot_start),
      cmocka_unit_test(test_times_in_a_handler),
      cmocka_unit_test(test_a_handler_cannot_wait_for_its_server),
      cmocka_unit_test(test_health_is_served),
      cmocka_unit_test(test_a_shutdown),
      cmocka_unit_test(test_a_server_ends_with_open_calls),
      cmocka_unit_test(test_every_run_is_the_same),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
