// Signals of the operator: reports, reload and drain.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "engine/clock.h"
#include "engine/lean/engine.h"
#include "engine/log.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lines.h"
#include "support/raw_client.h"
#include "support/running_engine.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::Limits;

void test_a_report(void**) {
  RunningEngine running(resolved([](Limits& l) { l.max_connections = 1; }));
  const auto first = running.connect();
  const auto second = running.connect();
  running.host.steps = {
      [&] {
        second->receive();
        return second->closed();
      },
      [] { return ::kill(::getpid(), SIGUSR1) == 0; },
      [&] {
        first->send(hello().raw(echo_call(1, "Reply", echo_data("a")).bytes()));
        return true;
      },
      [&] { return answered(*first, 1); },
      [] { return ::kill(::getpid(), SIGUSR1) == 0; },
      [] { return true; },
  };
  const std::string log = running.run();
  assert_true(contains(log, "event=limit name=max-connections"));  // Of all addresses, or of this one.
  assert_true(contains(log, "event=open connections=1 calls=0 free_blocks="));
  assert_true(contains(log, "event=loop longest_turn_us="));
  // The processor time of turns is measured from the first report on.
  assert_true(contains(log, " longest_turn_cpu_us=0 "));
  const std::string second_report = log.substr(log.rfind("event=loop"));
  assert_true(contains(second_report, " longest_turn_cpu_us="));
  assert_false(contains(second_report, " longest_turn_cpu_us=0 "));
}

// The most of one turn, since the start.
void test_the_work_of_turns_is_reported(void**) {
  RunningEngine running(resolved([](Limits&) {}));
  const auto client = running.connect();
  const FrameScript first = hello().raw(echo_call(1, "Reply", echo_data("a")).bytes());
  client->send(first);
  running.host.steps = {
      [&] { return answered(*client, 1); },
      [&] {
        client->send(echo_call(3, "Reply", echo_data("a")));
        return true;
      },
      [&] { return answered(*client, 3); },
      [] { return ::kill(::getpid(), SIGUSR1) == 0; },
      [&] { return hang_up(*client); },
  };
  const std::string log = running.run();
  assert_int_equal(number_of(log, " most_frames="), 3);  // SETTINGS, HEADERS and DATA.
  assert_int_equal(number_of(log, " most_fields="), 5);
  assert_int_equal(number_of(log, " most_read_bytes="), first.bytes().size());
  assert_int_equal(number_of(log, " most_gzip_bytes="), 0);
  assert_true(number_of(log, " most_field_bytes=") > 0);
  const std::size_t blocks = running.engine.usage().free_blocks;
  assert_int_equal(number_of(log, "event=open connections=1 calls=0 free_blocks="), blocks);
  assert_false(contains(log, "event=gzip"));
}

// A turn for one connection is bounded by other limits. One for several, or with work left over from another turn, is measured.
void test_the_longest_turn(void**) {
  const auto report = [] { return ::kill(::getpid(), SIGUSR1) == 0; };
  for (const bool several : {false, true}) {
    RunningEngine running(resolved([](Limits& l) { l.turn_frames = 16; }));
    const auto first = running.connect();
    std::unique_ptr<RawClient> second;
    FrameScript pings;
    for (std::uint64_t i = 0; i < 40; ++i)
      pings.ping(i);
    running.host.steps = {
        [&] {
          first->send(hello());
          return running.engine.usage().connections == 1;
        },
        [&] {
          second = running.connect();
          return true;
        },
        [&] { return running.engine.usage().connections == 2; },
        [&] {
          second->send(hello());
          return true;
        },
        [&] { return second->receive() != 0; },
        report,
        [] { return true; },
        [&] {
          first->send(several ? FrameScript().ping(1) : pings);
          if (several) second->send(FrameScript().ping(1));
          return true;
        },
        [&] {
          const std::vector<std::string> control = first->control();
          return !control.empty() && control.back() == (several ? "PING ack 1" : "PING ack 39");
        },
        report,
        [&] {
          first->close();
          second->close();
          return true;
        },
    };
    const std::string log = running.run();
    assert_int_equal(number_of(log.substr(0, log.rfind("event=loop")), " longest_turn_us="), 0);
    assert_in_range(number_of(log, " longest_turn_us="), 1, 10'000'000);
    const auto used = static_cast<std::uint64_t>(engine::processor_time().count());
    assert_in_range(number_of(log, " longest_turn_cpu_us="), 1, used);
  }
}

void test_compression_is_reported(void**) {
#ifdef MOTE_GZIP
  RunningEngine running(resolved([](Limits& l) { l.gzip = true; }));
  running.host.steps = {
      [] { return ::kill(::getpid(), SIGUSR1) == 0; },
      [] { return true; },
  };
  assert_true(contains(running.run(),
                       "event=gzip received=0 received_bytes=0 received_plain_bytes=0 sent=0 sent_bytes=0 "
                       "sent_plain_bytes=0\n"));
#endif
}

void test_a_new_limit_holds_for_open_connections(void**) {
  RunningEngine running(resolved([](Limits&) {}));
  const auto client = running.connect();
  client->send(hello());
  running.host.reloaded = resolved([](Limits& l) { l.max_header_fields = 6; });
  running.host.steps = {
      [&] { return client->receive() != 0; },
      [] { return ::kill(::getpid(), SIGHUP) == 0; },
      [&] { return running.host.reloads == 1; },
      [&] {
        client->send(echo_call(1, "Reply", echo_data("a"), {{"a", "b"}, {"c", "d"}}));
        return true;
      },
      [&] { return answered(*client, 1); },
      [&] { return hang_up(*client); },
  };
  running.run();
  assert_string_equal(client->answer(1).status().c_str(), "8");
}

void test_a_reload(void**) {
  RunningEngine running(resolved([](Limits&) {}));
  running.host.steps = {
      [] { return ::kill(::getpid(), SIGHUP) == 0; },
      [&] { return running.host.reloads == 1; },  // It has failed.
      [&] {
        running.host.reloaded = resolved([](Limits& l) { l.reset_budget = 77; });
        return ::kill(::getpid(), SIGHUP) == 0;
      },
      [&] { return running.host.reloads == 2; },
  };
  const std::string log = running.run();
  assert_true(contains(log, "event=limit-changed name=reset-budget value=77\n"));
  assert_int_equal(std::count(log.begin(), log.end(), '\n'), 2);  // And the drain.
}

void test_a_drain_waits_for_calls(void**) {
  RunningEngine running(resolved([](Limits& l) { l.drain = std::chrono::seconds(10); }));
  const auto client = running.connect();
  client->send(hello().headers(1, echo_head("Collect")));
  running.host.steps = {[&] { return running.engine.usage().calls == 1; }};
  int turns = 0;
  running.host.steps.emplace_back([] { return ::kill(::getpid(), SIGTERM) == 0; });
  running.host.steps.emplace_back([&] { return ++turns == 5; });
  running.host.steps.emplace_back([&] {
    assert_false(running.listens());
    client->send(FrameScript().data(1, echo_data("a"), http2::kEndStream));
    return true;
  });
  running.host.steps.emplace_back([&] {
    client->receive();
    return false;  // The engine ends by itself.
  });
  const std::string log = running.run();
  assert_true(contains(log, "event=drain connections=1 calls=1\n"));
  assert_false(contains(log, "drain-cut-short"));
  client->receive();
  assert_string_equal(client->answer(1).status().c_str(), "0");
}

// Of connections that the kernel has accepted, none is reset.
void test_a_drain_answers_connections_that_wait(void**) {
  RunningEngine running(resolved([](Limits& l) { l.drain = std::chrono::seconds(10); }));
  std::unique_ptr<RawClient> client;
  running.host.steps = {[&] {
    client = running.connect();
    client->send(hello());
    return true;
  }};
  running.run();
  const std::vector<std::string> control = client->control();
  assert_true(std::any_of(control.begin(), control.end(), [](auto& line) { return line.starts_with("GOAWAY"); }));
  assert_true(client->closed());
}

void test_the_host_learns_of_a_drain(void**) {
  RunningEngine running(resolved([](Limits& l) { l.drain = std::chrono::seconds(7); }));
  const auto client = running.connect();
  client->send(hello().headers(1, echo_head("Collect")));
  running.host.steps = {
      [&] { return running.engine.usage().calls == 1; },
      [&] { return ::kill(::getpid(), SIGINT) == 0; },
      [&] {
        client->send(FrameScript().data(1, echo_data("a"), http2::kEndStream));
        client->shut_down();
        return false;
      },
  };
  running.run();
  assert_string_equal(running.host.drains.c_str(), "1 1 7 ");
}

// The exit code is that of a process which the signal ends.
void test_a_second_signal_ends_the_process(void**) {
  for (const int number : {SIGINT, SIGTERM}) {
    const int code = exit_code_of([number] {
      RunningEngine running(resolved([](Limits& l) { l.drain = std::chrono::seconds(10); }));
      const auto client = running.connect();
      client->send(hello().headers(1, echo_head("Collect")));
      running.host.steps = {
          [&] { return running.engine.usage().calls == 1; },
          [] { return ::kill(::getpid(), SIGTERM) == 0; },
          [number] { return ::kill(::getpid(), number) == 0; },
          [] { return false; },
      };
      running.run();
      return 0;
    });
    assert_int_equal(code, 128 + number);
  }
}

// It is accepted, so that its client learns that the server ends.
void test_a_connection_that_waits_when_a_drain_begins(void**) {
  RunningEngine running(resolved([](Limits& l) { l.drain = std::chrono::seconds(10); }));
  std::unique_ptr<RawClient> late;
  running.host.at_drain = [&] {
    late = running.connect();
    late->send(hello());
  };
  running.host.steps = {[] { return true; }};
  running.run();
  late->receive();
  const std::vector<std::string> control = late->control();
  assert_false(control.empty());
  assert_string_equal(control.back().c_str(), "GOAWAY 0 NO_ERROR shutting down");
}

// A signal that came before the first turn counts, and a host without an interval is not called.
void test_a_host_without_an_interval(void**) {
  RunningEngine running(resolved([](Limits& l) { l.drain = std::chrono::seconds(10); }));
  running.host.interval = {};
  ::kill(::getpid(), SIGTERM);
  running.run();
  assert_int_equal(running.host.alive, 0);
  assert_string_equal(running.host.drains.c_str(), "0 0 10 ");
}

void test_a_drain_is_cut_short(void**) {
  RunningEngine running(resolved([](Limits&) {}));
  const auto client = running.connect();
  client->send(hello().headers(1, echo_head("Collect")));
  running.host.steps = {[&] { return running.engine.usage().calls == 1; }};
  const std::string log = running.run();
  assert_true(contains(log, "event=limit-reached name=drain-seconds drains_cut_short=1\n"));
  assert_true(contains(log, "event=drain-cut-short calls=1\n"));
}

}  // namespace

int main() {
  mote::engine::set_log_rate(1000);
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_report),
      cmocka_unit_test(test_the_work_of_turns_is_reported),
      cmocka_unit_test(test_the_longest_turn),
      cmocka_unit_test(test_compression_is_reported),
      cmocka_unit_test(test_a_new_limit_holds_for_open_connections),
      cmocka_unit_test(test_a_reload),
      cmocka_unit_test(test_a_drain_waits_for_calls),
      cmocka_unit_test(test_a_drain_answers_connections_that_wait),
      cmocka_unit_test(test_the_host_learns_of_a_drain),
      cmocka_unit_test(test_a_second_signal_ends_the_process),
      cmocka_unit_test(test_a_connection_that_waits_when_a_drain_begins),
      cmocka_unit_test(test_a_host_without_an_interval),
      cmocka_unit_test(test_a_drain_is_cut_short),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
