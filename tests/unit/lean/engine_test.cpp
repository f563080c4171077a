// The engine with its own listeners, clock and signals: starts that fail, connections without a place, descriptors that run
// out, and the end.
#include "engine/lean/engine.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/log.h"
#include "services/echo.h"
#include "services/health.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/logged.h"
#include "support/raw_client.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::LimitId;
using engine::Limits;

constexpr unsigned kMostSeconds = 60;

rpc::ServiceTable services() {
  static const std::array kServices = {services::echo(), services::health()};
  return rpc::ServiceTable(kServices);
}

// Acts at the end of each turn of the loop: a step that returns true is done, any other is tried again in the next turn.
// After the last step it stops the engine as an operator does.
struct Script final : engine::Host {
  std::vector<std::function<bool()>> steps;
  std::size_t next = 0;
  std::optional<Limits> reloaded;
  int reloads = 0;
  int settled = 0;

  [[nodiscard]] std::chrono::microseconds alive_interval() const override { return std::chrono::milliseconds(1); }
  void on_alive(engine::Load /*load*/) override {
    if (next < steps.size() && steps[next]()) ++next;
    if (next != steps.size()) return;
    ++next;
    ::kill(::getpid(), SIGTERM);
  }
  void on_settled() override { ++settled; }
  std::optional<engine::Reload> on_reload(MutableBytes /*access*/) override {
    ++reloads;
    if (!reloaded) return std::nullopt;
    return engine::Reload{.limits = *reloaded};
  }
};

template <class Change>
Limits resolved(Change change) {
  Limits limits;
  change(limits);
  engine::resolve(limits);
  return limits;
}

engine::Address address(const std::string& text) {
  return *engine::parse_address(text).address;
}

// An engine on a free port, and on a Unix socket if there is a path.
struct Running {
  explicit Running(const Limits& limits, const std::string& path = {}) : engine(limits, services(), host) {
    std::vector<engine::Address> addresses = {address("127.0.0.1:0")};
    if (!path.empty()) addresses.push_back(address("unix:" + path));
    assert_string_equal(engine.start(addresses).c_str(), "");
  }

  // A connected client with this address. The engine accepts it in a later turn.
  [[nodiscard]] std::unique_ptr<RawClient> connect(const char* source = "127.0.0.1:0") const {
    const engine::Address to = engine.addresses().front();
    const engine::Address from = address(source);
    const int client = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(::bind(client, from.pointer(), from.length), 0);
    assert_int_equal(::connect(client, to.pointer(), to.length), 0);
    ::fcntl(client, F_SETFL, O_NONBLOCK);
    return std::make_unique<RawClient>(client);
  }
  // The same with the Unix socket.
  [[nodiscard]] std::unique_ptr<RawClient> connect_local() const {
    const engine::Address to = engine.addresses().back();
    const int client = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(::connect(client, to.pointer(), to.length), 0);
    return std::make_unique<RawClient>(client);
  }
  [[nodiscard]] bool listens() const {
    const engine::Address to = engine.addresses().front();
    const int client = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = ::connect(client, to.pointer(), to.length) == 0;
    ::close(client);
    return connected;
  }
  // Runs the steps and returns what was logged.
  std::string run() {
    return logged([this] {
      ::alarm(kMostSeconds);
      engine.run();
      ::alarm(0);
    });
  }

  Script host;
  lean::Engine engine;
};

bool answered(RawClient& client, std::uint32_t stream) {
  client.receive();
  return client.answer(stream).ended;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

// --- The start ---

void test_an_address_in_use(void**) {
  const Running first(resolved([](Limits&) {}));
  Script host;
  lean::Engine second(resolved([](Limits&) {}), services(), host);
  const engine::Address taken = first.engine.addresses().front();
  const std::string error = second.start({&taken, 1});
  assert_true(error.starts_with("cannot listen on 127.0.0.1:"));
  assert_true(contains(error, "Address already in use"));
}

// Not in the first turn, and once.
void test_it_settles_after_the_first_turns(void**) {
  Running running(resolved([](Limits&) {}));
  int turns_after = 0;
  running.host.steps = {[&] { return running.host.settled == 0; }, [&] { return running.host.settled == 1; },
                        [&] { return ++turns_after == 200; }};
  (void)running.run();
  assert_int_equal(turns_after, 200);
  assert_int_equal(running.host.settled, 1);
}

void test_a_socket_that_does_not_listen(void**) {
  Script host;
  lean::Engine engine(resolved([](Limits&) {}), services(), host);
  const int closed = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::close(closed);
  assert_true(engine.start({}, {&closed, 1}).starts_with("cannot find out the port of "));
}

void test_more_connections_than_descriptors(void**) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  Script host;
  const auto few = static_cast<std::uint32_t>(std::min<rlim_t>(limit.rlim_max, 60'000));
  const pid_t child = ::fork();  // A lowered hard limit stays.
  if (child == 0) {
    const rlimit lower{.rlim_cur = 20, .rlim_max = few / 2};
    ::setrlimit(RLIMIT_NOFILE, &lower);
    lean::Engine engine(resolved([few](Limits& l) { l.max_connections = few; }), services(), host);
    const std::string error = engine.start({});
    ::_exit(contains(error, "file descriptors and this process may have " + std::to_string(few / 2)) ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  assert_int_equal(status, 0);
}

void test_more_memory_than_there_is(void**) {
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  Script host;
  lean::Engine engine(resolved([](Limits& l) { l.buffer_bytes = 1024U * 1024 * 1024; }), services(), host);
  const rlimit lower{.rlim_cur = 512U * 1024 * 1024, .rlim_max = limit.rlim_max};
  assert_int_equal(::setrlimit(RLIMIT_AS, &lower), 0);
  const std::string error = engine.start({});
  assert_int_equal(::setrlimit(RLIMIT_AS, &limit), 0);
  assert_true(error.starts_with("the kernel refuses the memory"));
}

// What the memory of a socket is computed with: the kernel takes twice the size that is asked for.
void test_the_factor_of_socket_buffers(void**) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  for (const int option : {SO_RCVBUF, SO_SNDBUF}) {
    constexpr int kAsked = 16 * 1024;
    assert_int_equal(::setsockopt(socket, SOL_SOCKET, option, &kAsked, sizeof(kAsked)), 0);
    int taken = 0;
    socklen_t size = sizeof(taken);
    assert_int_equal(::getsockopt(socket, SOL_SOCKET, option, &taken, &size), 0);
    assert_int_equal(taken, kAsked * lean::sizes().socket_factor);
  }
  ::close(socket);
}

// --- Connections ---

// Tables whose sizes are powers of two have no entry to spare here, so the sizes that the limits compute with are needed in full.
void test_the_memory_suffices(void**) {
  Running running(resolved([](Limits& l) {
    l.max_connections = 513;
    l.max_addresses = 513;
    l.max_streams = 1021;
    l.reserved_streams = 4;
  }));
  const auto client = running.connect();
  client->send(hello().raw(echo_call(1, "Reply", echo_data("hello")).bytes()));
  running.host.steps = {[&] { return answered(*client, 1); }};
  running.run();
  assert_string_equal(client->answer(1).status().c_str(), "0");
}

void test_one_connection_too_many(void**) {
  Running running(resolved([](Limits& l) { l.max_connections = 1; }));
  const auto first = running.connect();
  std::unique_ptr<RawClient> second;
  std::unique_ptr<RawClient> third;
  running.host.steps = {
      [&] { return running.engine.usage().connections == 1; },
      [&] {
        second = running.connect();
        return true;
      },
      [&] {
        second->receive();
        return second->closed();
      },
      [&] {
        assert_int_equal(running.engine.usage().timers, 1);  // Without that of the socket that lingers.
        first->close();
        return true;
      },
      [&] { return running.engine.usage().connections == 0; },
      [&] {
        third = running.connect();
        third->send(hello().raw(echo_call(1, "Reply", echo_data("hello")).bytes()));
        return true;
      },
      [&] { return answered(*third, 1); },
  };
  const std::string log = running.run();
  const std::vector<std::string> control = second->control();
  assert_int_equal(control.size(), 2);
  assert_string_equal(control.back().c_str(), "GOAWAY 0 ENHANCE_YOUR_CALM too many connections");
  assert_true(contains(log, "event=connection-refused peer=127.0.0.1:"));
  assert_true(contains(log, "event=limit-reached name=max-connections"));
  assert_string_equal(third->answer(1).status().c_str(), "0");
}

// Accepting pauses while there is no descriptor, and goes on when there is one.
void test_descriptors_run_out(void**) {
  Running running(resolved([](Limits&) {}));
  std::unique_ptr<RawClient> client;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  std::size_t turns = 0;
  running.host.steps = {
      [&] {
        client = running.connect();
        client->send(hello().raw(echo_call(1, "Reply", echo_data("hello")).bytes()));
        const int lowest = ::dup(STDERR_FILENO);
        ::close(lowest);
        const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest), .rlim_max = limit.rlim_max};
        return ::setrlimit(RLIMIT_NOFILE, &none) == 0;
      },
      [&] { return ++turns == 20; },
      [&] {
        assert_int_equal(running.engine.usage().connections, 0);
        return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
      },
      [&] { return answered(*client, 1); },
  };
  const std::string log = running.run();
  assert_true(contains(log, "event=accept-failed errno=" + std::to_string(EMFILE)));
  assert_string_equal(client->answer(1).status().c_str(), "0");
}

void test_connections_come_and_go(void**) {
  Running running(resolved([](Limits& l) { l.max_connections = 3; }));
  std::vector<std::unique_ptr<RawClient>> clients;
  int rounds = 0;
  running.host.steps = {
      [&] {
        clients.clear();
        return true;
      },
      [&] {
        if (running.engine.usage().connections != 0) return false;
        for (int i = 0; i < 3; ++i) {
          clients.push_back(running.connect());
          clients.back()->send(hello().raw(echo_call(1, "Reply", echo_data("hello")).bytes()));
        }
        return true;
      },
      [&] {
        if (!std::all_of(clients.begin(), clients.end(), [](auto& client) { return answered(*client, 1); }))
          return false;
        if (++rounds == 5) return true;
        clients.clear();
        running.host.next = 0;
        return false;
      },
  };
  const std::string log = running.run();
  assert_int_equal(rounds, 5);
  assert_false(contains(log, "connection-refused"));
}

// Of two messages a connection may have one in memory: the loop admits the second when the first is answered.
void test_a_message_waits_for_memory(void**) {
  Running running(resolved([](Limits& l) {
    l.max_message_bytes = 8 * 1024;
    l.stream_window_bytes = 2048;
    l.buffer_bytes = 64 * 1024;
    l.connection_buffer_bytes = 32 * 1024;
    l.large_windows = 0;
  }));
  const auto client = running.connect();
  const std::string data = echo_data(std::string(8000, 'w'));
  const auto received = [&client](const std::string& begin) {
    client->receive();
    const std::vector<std::string> control = client->control();
    return std::any_of(control.begin(), control.end(), [&](const auto& frame) { return frame.starts_with(begin); });
  };
  const auto send_rest = [&](std::uint32_t stream) {
    client->send(FrameScript().data(stream, data.substr(2000), http2::kEndStream));
    return true;
  };
  client->send(hello());
  running.host.steps = {
      [&] { return received("SETTINGS ack"); },
      [&] {
        client->send(FrameScript().settings_ack());
        for (const std::uint32_t stream : {1U, 3U})
          client->send(FrameScript().headers(stream, echo_head("Reply")).data(stream, data.substr(0, 2000)));
        return true;
      },
      [&] { return received("WINDOW_UPDATE 1 "); },
      [&] { return running.engine.usage().calls == 2; },
      [&] { return send_rest(1); },
      [&] { return received("WINDOW_UPDATE 3 "); },
      [&] { return send_rest(3); },
      [&] { return answered(*client, 3); },
  };
  running.run();
  assert_string_equal(client->answer(3).status().c_str(), "0");
}

// Those of the poller, the listener and the signals, and of the connection that was refused and lingers.
void test_the_end_closes_all_descriptors(void**) {
  const std::ptrdiff_t before = open_descriptors();
  {
    Running running(resolved([](Limits& l) { l.max_connections = 1; }));
    const auto first = running.connect();
    const auto second = running.connect();
    running.host.steps = {
        [&] {
          second->receive();
          return second->closed();
        },
        [&] {
          first->close();
          return true;
        },
    };
    running.run();
  }
  assert_int_equal(open_descriptors(), before);
}

// --- Several addresses ---

// All have a call: the one above its quarter loses a connection nevertheless.
void test_an_address_above_its_quarter_loses_a_connection(void**) {
  Running running(resolved([](Limits& l) { l.max_connections = 4; }));
  std::vector<std::unique_ptr<RawClient>> many;
  for (int i = 0; i < 4; ++i) {
    many.push_back(running.connect());
    many.back()->send(hello().headers(1, echo_head("Collect")));
  }
  std::unique_ptr<RawClient> other;
  running.host.steps = {
      [&] { return running.engine.usage().calls == 4; },
      [&] {
        other = running.connect("127.0.0.2:0");
        other->send(hello().raw(echo_call(1, "Reply", echo_data("hello")).bytes()));
        return true;
      },
      [&] { return answered(*other, 1); },
      [&] {
        assert_int_equal(running.engine.usage().connections, 4);
        many.clear();
        return true;
      },
  };
  const std::string log = running.run();
  assert_true(contains(log, "event=connection-closed-for-others peer=127.0.0.1:"));
  assert_true(contains(log, "event=limit-reached name=max-connections-per-address"));
  assert_false(contains(log, "connection-refused"));
}

// Nobody is above its quarter: only a connection without calls makes room.
void test_addresses_within_their_quarters_keep_calls(void**) {
  for (const bool idle : {false, true}) {
    Running running(resolved([](Limits& l) { l.max_connections = 4; }));
    std::vector<std::unique_ptr<RawClient>> all;
    for (const char* source : {"127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0", "127.0.0.4:0"}) {
      all.push_back(running.connect(source));
      if (!idle || all.size() != 3) all.back()->send(hello().headers(1, echo_head("Collect")));
    }
    std::unique_ptr<RawClient> other;
    running.host.steps = {
        [&] { return running.engine.usage().connections == 4 && running.engine.usage().calls == (idle ? 3 : 4); },
        [&] {
          other = running.connect("127.0.0.5:0");
          other->send(hello().raw(echo_call(1, "Reply", echo_data("hello")).bytes()));
          return true;
        },
        [&] { return answered(*other, 1) || other->closed(); },
        [&] {
          all.clear();
          return true;
        },
    };
    const std::string log = running.run();
    assert_int_equal(contains(log, "event=connection-closed-for-others peer=127.0.0.3:"), idle);
    assert_int_equal(contains(log, "event=connection-refused peer=127.0.0.5:"), !idle);
    assert_string_equal(other->answer(1).status().c_str(), idle ? "0" : "none");
  }
}

void test_more_addresses_than_rows(void**) {
  for (const std::uint32_t rows : {2U, 3U}) {
    Running running(resolved([rows](Limits& l) { l.max_addresses = rows; }));
    std::vector<std::unique_ptr<RawClient>> all;
    for (const char* source : {"127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"})
      all.push_back(running.connect(source));
    running.host.steps = {
        [&] { return running.engine.usage().connections == 3; },
        [&] {
          all.clear();
          return true;
        },
    };
    assert_int_equal(contains(running.run(), "event=limit-reached name=max-addresses"), rows == 2);
  }
}

// A Unix socket takes one of the reserved places, which is free again when it closes. No other connection takes it.
void test_unix_sockets_have_reserved_places(void**) {
  char folder[] = "/tmp/mote-engine-XXXXXX";
  assert_non_null(::mkdtemp(folder));
  const std::string path = std::string(folder) + "/socket";
  for (const std::size_t others : {2U, 3U}) {
    Running running(resolved([](Limits& l) {
                      l.max_connections = 3;
                      l.reserved_connections = 1;
                    }),
                    path);
    std::unique_ptr<RawClient> local;
    std::vector<std::unique_ptr<RawClient>> all;
    const auto opens = [&running](std::size_t calls) { return running.engine.usage().calls == calls; };
    const auto begin_call = [](std::unique_ptr<RawClient> client) {
      client->send(hello().headers(1, echo_head("Collect")));
      return client;
    };
    running.host.steps = {
        [&] {
          local = begin_call(running.connect_local());
          return true;
        },
        [&] { return opens(1); },
        [&] {
          for (const char* source : {"127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"})
            if (all.size() < others) all.push_back(begin_call(running.connect(source)));
          return true;
        },
        [&] { return opens(1 + others); },
        [&] {
          local->close();
          return true;
        },
        [&] { return running.engine.usage().connections == others; },
        [&] {
          all.push_back(begin_call(running.connect("127.0.0.4:0")));
          return true;
        },
        [&] {
          all.back()->receive();
          return all.back()->closed() || opens(3);
        },
        [&] {
          local = begin_call(running.connect_local());
          return true;
        },
        [&] { return opens(4); },
        [&] {
          local.reset();
          all.clear();
          return true;
        },
    };
    const std::string log = running.run();
    assert_int_equal(contains(log, "event=connection-refused peer=127.0.0.4:"), others == 3);
    const std::size_t reserved = log.find("name=reserved-connections");
    const std::string line = log.substr(reserved, log.find('\n', reserved) - reserved);
    assert_true(contains(line, others == 3 ? "=1 peer=127.0.0.3:" : "=1 peer=unix:"));
  }
  ::unlink(path.c_str());
  ::rmdir(folder);
}

// --- Signals ---

void test_a_report(void**) {
  Running running(resolved([](Limits& l) { l.max_connections = 1; }));
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

void test_a_reload(void**) {
  Running running(resolved([](Limits&) {}));
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
  Running running(resolved([](Limits&) {}));
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

void test_a_drain_is_cut_short(void**) {
  Running running(resolved([](Limits& l) { l.drain = std::chrono::seconds(0); }));
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
      cmocka_unit_test(test_an_address_in_use),
      cmocka_unit_test(test_it_settles_after_the_first_turns),
      cmocka_unit_test(test_a_socket_that_does_not_listen),
      cmocka_unit_test(test_more_connections_than_descriptors),
      cmocka_unit_test(test_more_memory_than_there_is),
      cmocka_unit_test(test_the_factor_of_socket_buffers),
      cmocka_unit_test(test_the_memory_suffices),
      cmocka_unit_test(test_one_connection_too_many),
      cmocka_unit_test(test_descriptors_run_out),
      cmocka_unit_test(test_connections_come_and_go),
      cmocka_unit_test(test_a_message_waits_for_memory),
      cmocka_unit_test(test_the_end_closes_all_descriptors),
      cmocka_unit_test(test_an_address_above_its_quarter_loses_a_connection),
      cmocka_unit_test(test_addresses_within_their_quarters_keep_calls),
      cmocka_unit_test(test_more_addresses_than_rows),
      cmocka_unit_test(test_unix_sockets_have_reserved_places),
      cmocka_unit_test(test_a_report),
      cmocka_unit_test(test_a_reload),
      cmocka_unit_test(test_a_drain_waits_for_calls),
      cmocka_unit_test(test_a_drain_is_cut_short),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
