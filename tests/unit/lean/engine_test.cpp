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
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/clock.h"
#include "engine/log.h"
#include "engine/refusals.h"
#include "services/echo.h"
#include "services/health.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/http_site.h"
#include "support/logged.h"
#include "support/proxy_header.h"
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
  std::chrono::microseconds interval = std::chrono::milliseconds(1);
  std::size_t alive = 0;
  std::string drains;  // "connections calls seconds;"

  [[nodiscard]] std::chrono::microseconds alive_interval() const override { return interval; }
  void on_alive(engine::Load /*load*/) override {
    ++alive;
    if (next < steps.size() && steps[next]()) ++next;
    if (next != steps.size()) return;
    ++next;
    ::kill(::getpid(), SIGTERM);
  }
  void on_settled() override { ++settled; }
  void on_drain(engine::Load load, std::chrono::seconds longest) override {
    for (const std::size_t number :
         {load.connections.value_or(99), load.calls, static_cast<std::size_t>(longest.count())})
      drains += std::to_string(number) + ' ';
  }
  std::optional<engine::Reload> on_reload(MutableBytes /*access*/) override {
    ++reloads;
    if (!reloaded) return std::nullopt;
    return engine::Reload{.limits = *reloaded};
  }
};

// Few tests are about the drain: the others do not wait for their clients.
template <class Change>
Limits resolved(Change change) {
  Limits limits;
  limits.drain = std::chrono::seconds(0);
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

// The exit code of a child process that runs `act`.
template <class Act>
int exit_code_of(Act act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  int status = -1;
  ::waitpid(child, &status, 0);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

// The listener of metrics needs some too.
void test_more_connections_than_descriptors(void**) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto few = static_cast<std::uint32_t>(std::min<rlim_t>(limit.rlim_max, 60'000));
  for (const bool http : {false, true}) {
    const int code = exit_code_of([&] {  // A lowered hard limit stays.
      Script host;
      const rlimit lower{.rlim_cur = 20, .rlim_max = few / 2};
      ::setrlimit(RLIMIT_NOFILE, &lower);
      const Limits chosen = resolved([&](Limits& l) {
        l.max_connections = few;
        l.http = http;
        l.http_connections = 5;
      });
      lean::Engine engine(chosen, services(), host);
      const std::string error = engine.start({});
      const std::uint32_t descriptors = few + chosen.reserved_connections + (http ? 7 : 0);
      const bool needed = error.starts_with("max-connections " + std::to_string(descriptors) + " needs ");
      return needed && contains(error, "file descriptors and this process may have " + std::to_string(few / 2)) ? 0 : 1;
    });
    assert_int_equal(code, 0);
  }
}

void test_no_descriptor_for_the_loop(void**) {
  const int code = exit_code_of([] {
    while (::dup(STDERR_FILENO) >= 0) {
    }
    Script host;
    lean::Engine engine(resolved([](Limits&) {}), services(), host);
    return engine.start({}) == "cannot set up epoll: Too many open files" ? 0 : 1;
  });
  assert_int_equal(code, 0);
}

void test_a_service_that_cannot_start(void**) {
  static const std::array kBroken = {rpc::Service{
      .name = "broken", .methods = {}, .start = [](void* /*object*/, Loop& /*loop*/) { return "no UART"; }}};
  Script host;
  lean::Engine engine(resolved([](Limits&) {}), rpc::ServiceTable(kBroken), host);
  assert_string_equal(engine.start({}).c_str(), "no UART");
}

void test_an_address_that_is_missing_now(void**) {
  Script host;
  lean::Engine engine(resolved([](Limits&) {}), services(), host);
  const std::array addresses = {address("127.0.0.1:0"), address("192.0.2.1:0")};
  std::string error;
  const std::string log = logged([&] { error = engine.start(addresses); });
  assert_string_equal(error.c_str(), "");
  assert_true(log.starts_with("<4>level=warn event=address-missing address=192.0.2.1:"));
  assert_true(log.ends_with(" effect=\"connections arrive when an interface has it\"\n"));
  assert_int_equal(std::count(log.begin(), log.end(), '\n'), 1);
}

std::size_t mapped_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// What the limits cost, without the memory of the kernel, which is not the program's.
void test_the_memory_is_what_the_limits_cost(void**) {
  const Limits chosen = resolved([](Limits& l) {
    l.max_connections = 10'000;
    l.large_sockets = 10'000;
  });
  engine::EngineSizes own = lean::sizes();
  own.socket = 0;
  own.socket_factor = 0;
  const std::uint64_t cost = engine::worst_case_bytes(chosen, own);
  for (const bool warm : {false, true}) {
    Script host;
    lean::Engine engine(chosen, services(), host);
    const std::size_t before = mapped_bytes();
    assert_string_equal(engine.start({}).c_str(), "");
    const std::size_t taken = mapped_bytes() - before;
    if (warm) assert_in_range(taken, cost, cost + 4096);  // The second engine finds its heap.
  }
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

// The last of reserved-streams included, on connections of one address.
void test_the_memory_suffices_for_all_calls(void**) {
  Running running(resolved([](Limits& l) {
    l.max_streams = 8;
    l.reserved_streams = 4;
  }));
  const auto client = running.connect();
  FrameScript script = hello();
  for (std::uint32_t i = 0; i < 8; ++i)
    script.headers(2 * i + 1, echo_head("Collect"));
  client->send(script.headers(17, call_head(engine::kHealthCheckPath)));
  running.host.steps = {
      [&] { return running.engine.usage().calls == 9; },
      [&] {
        client->close();
        return true;
      },
  };
  running.run();
  assert_int_equal(running.engine.usage().calls, 0);
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

// The end of another connection in the same turn makes room, although the new one was there before it.
void test_a_connection_takes_the_place_of_one_that_ends(void**) {
  Running running(resolved([](Limits& l) { l.max_connections = 2; }));
  std::vector<std::unique_ptr<RawClient>> clients;
  clients.push_back(running.connect());
  clients.push_back(running.connect());
  running.host.steps = {
      [&] { return running.engine.usage().connections == 2; },
      [&] {
        clients[0]->close();
        return true;
      },
      [&] { return running.engine.usage().connections == 1; },
      [&] {
        clients.push_back(running.connect());
        return true;
      },
      [&] { return running.engine.usage().connections == 2; },
      [&] {
        clients.push_back(running.connect());
        clients.back()->send(hello().raw(echo_call(1, "Reply", echo_data("hello")).bytes()));
        clients[1]->close();
        return true;
      },
      [&] { return answered(*clients.back(), 1) || clients.back()->closed(); },
  };
  const std::string log = running.run();
  assert_string_equal(clients.back()->answer(1).status().c_str(), "0");
  assert_false(contains(log, "connection-refused"));
}

// Eight sockets linger; further ones are closed at once. Their peers still read the GOAWAY and an end without an error.
void test_more_refused_connections_than_linger(void**) {
  struct Refused {
    int socket = -1;
    std::string text;
    ssize_t last = -1;
  };
  Running running(resolved([](Limits& l) { l.max_connections = 1; }));
  const auto first = running.connect();
  std::array<Refused, 10> refused{};
  running.host.steps = {
      [&] { return running.engine.usage().connections == 1; },
      [&] {
        const engine::Address to = running.engine.addresses().front();
        const Octets bytes = hello().bytes();
        for (Refused& one : refused) {
          one.socket = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
          assert_int_equal(::connect(one.socket, to.pointer(), to.length), 0);
          assert_int_equal(::send(one.socket, bytes.data(), bytes.size(), 0), bytes.size());
        }
        return true;
      },
      [&] {
        std::array<char, 256> buffer{};
        bool ended = true;
        for (Refused& one : refused) {
          while ((one.last = ::recv(one.socket, buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0)
            one.text.append(buffer.data(), static_cast<std::size_t>(one.last));
          ended = ended && (one.last == 0 || errno != EAGAIN);
        }
        return ended;
      },
  };
  const std::string log = running.run();
  for (const Refused& one : refused) {
    assert_int_equal(one.last, 0);
    assert_true(one.text.ends_with("too many connections"));
    ::close(one.socket);
  }
  assert_true(
      contains(log, "event=limit-reached name=max-connections-per-address address_connections_refused=1 peer="));
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

// With a quarter of all connections, an address makes no other one lose any. Its own connection, which has had no call for a moment
// only, stays as well.
void test_an_address_with_its_quarter_takes_nothing_from_others(void**) {
  Running running(resolved([](Limits& l) { l.max_connections = 4; }));
  std::vector<std::unique_ptr<RawClient>> all;
  for (const char* source : {"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.2:0"})
    all.push_back(running.connect(source));
  std::unique_ptr<RawClient> other;
  running.host.steps = {
      [&] { return running.engine.usage().connections == 4; },
      [&] {
        other = running.connect("127.0.0.2:0");
        return true;
      },
      [&] { return other->closed(); },
      [&] {
        assert_int_equal(running.engine.usage().connections, 4);
        all.clear();
        return true;
      },
  };
  const std::string log = running.run();
  assert_true(contains(log, "event=connection-refused peer=127.0.0.2:"));
  assert_false(contains(log, "connection-closed-for-others"));
}

void test_an_address_has_a_limit_of_its_own(void**) {
  Running running(resolved([](Limits& l) { l.max_connections_per_address = 2; }));
  std::vector<std::unique_ptr<RawClient>> all;
  for (const char* source : {"127.0.0.1:0", "127.0.0.1:0", "127.0.0.2:0"})
    all.push_back(running.connect(source));
  std::unique_ptr<RawClient> other;
  running.host.steps = {
      [&] { return running.engine.usage().connections == 3; },
      [&] {
        other = running.connect();
        return true;
      },
      [&] { return other->closed(); },
      [&] {
        assert_int_equal(running.engine.usage().connections, 3);
        all.clear();
        return true;
      },
  };
  const std::string log = running.run();
  assert_true(contains(log, "event=connection-refused peer=127.0.0.1:"));
  assert_true(contains(log, "event=limit-reached name=max-connections-per-address"));
}

// It has no share, and may name its clients, which have.
void test_a_trusted_proxy(void**) {
  Script host;
  lean::Engine engine(resolved([](Limits& l) { l.max_connections_per_address = 1; }), services(), host);
  const engine::Address free_port = address("127.0.0.1:0");
  const std::array trusted = {*engine::AddressPrefix::parse("10.0.0.0/8"), *engine::AddressPrefix::parse("127.0.0.2")};
  assert_string_equal(engine.start({&free_port, 1}, {}, trusted).c_str(), "");
  const engine::Address to = engine.addresses().front();
  std::vector<std::unique_ptr<RawClient>> all;
  const auto connect = [&](const char* source, const std::string& header) {
    const engine::Address from = address(source);
    const int client = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(::bind(client, from.pointer(), from.length), 0);
    assert_int_equal(::connect(client, to.pointer(), to.length), 0);
    ::fcntl(client, F_SETFL, O_NONBLOCK);
    all.push_back(std::make_unique<RawClient>(client));
    all.back()->send(octets(header) + hello().raw(echo_call(1, "Reply", echo_data("a")).bytes()).bytes());
  };
  const auto all_are_done = [&] {
    return std::all_of(all.begin(), all.end(), [](auto& one) { return answered(*one, 1) || one->closed(); });
  };
  host.steps = {
      [&] {
        connect("127.0.0.2:0", {});
        connect("127.0.0.2:0", {});
        connect("127.0.0.2:0", ipv4_proxy_header());
        connect("127.0.0.1:0", {});
        return true;
      },
      all_are_done,
      [&] {
        connect("127.0.0.2:0", ipv4_proxy_header());  // The second of this client.
        connect("127.0.0.1:0", ipv4_proxy_header());  // Of no proxy.
        return true;
      },
      all_are_done,
      [&] {
        for (std::size_t i = 0; i < all.size(); ++i)
          assert_string_equal(all[i]->answer(1).status().c_str(), i < 4 ? "0" : "none");
        all.clear();
        return true;
      },
  };
  const std::string log = logged([&] { engine.run(); });
  assert_true(contains(log, "name=max-connections-per-address address_connections_refused=1 peer="));
  assert_true(contains(log, "event=connection-refused peer=127.0.0.1:"));
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

// The number behind the last `key` in a log.
std::uint64_t number_of(const std::string& log, const std::string& key) {
  const std::size_t at = log.rfind(key);
  assert_true(at != std::string::npos);
  return std::stoull(log.substr(at + key.size()));
}

// The most of one turn, since the start.
void test_the_work_of_turns_is_reported(void**) {
  Running running(resolved([](Limits&) {}));
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
      [&] {
        client->close();
        return true;
      },
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
    Running running(resolved([](Limits& l) { l.turn_frames = 16; }));
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
  Running running(resolved([](Limits& l) { l.gzip = true; }));
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
  Running running(resolved([](Limits&) {}));
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
      [&] {
        client->close();
        return true;
      },
  };
  running.run();
  assert_string_equal(client->answer(1).status().c_str(), "8");
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
  Running running(resolved([](Limits& l) { l.drain = std::chrono::seconds(10); }));
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
  Running running(resolved([](Limits& l) { l.drain = std::chrono::seconds(10); }));
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
  Running running(resolved([](Limits& l) { l.drain = std::chrono::seconds(7); }));
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
      Running running(resolved([](Limits& l) { l.drain = std::chrono::seconds(10); }));
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

// A signal that came before the first turn counts, and a host without an interval is not called.
void test_a_host_without_an_interval(void**) {
  Running running(resolved([](Limits& l) { l.drain = std::chrono::seconds(10); }));
  running.host.interval = {};
  ::kill(::getpid(), SIGTERM);
  running.run();
  assert_int_equal(running.host.alive, 0);
  assert_string_equal(running.host.drains.c_str(), "0 0 10 ");
}

// --- Waking up ---

// The loop sleeps between two calls of the host, and work that is left over from a turn does not wait for one.
void test_the_loop_wakes_up_for_what_is_due(void**) {
  constexpr auto kInterval = std::chrono::milliseconds(20);
  Running running(resolved([](Limits& l) { l.turn_frames = 16; }));
  running.host.interval = kInterval;
  const auto client = running.connect();
  FrameScript script = hello();
  for (std::uint64_t i = 0; i < 800; ++i)
    script.ping(i);
  std::string last;
  lean::Time began{};
  std::size_t before = 0;
  running.host.steps = {
      [&] {
        client->send(script);
        began = engine::steady_clock();
        before = running.host.alive;
        return true;
      },
      [&] {
        const std::vector<std::string> control = client->control();
        if (!control.empty()) last = control.back();
        return last == "PING ack 799";
      },
      [&] {
        client->close();
        return true;
      },
  };
  running.run();
  const std::size_t calls = running.host.alive - before;
  assert_in_range(calls, 1, 30);
  assert_true(engine::steady_clock() - began >= (calls - 1) * kInterval);
}

void test_suppressed_lines_are_reported_in_time(void**) {
  engine::set_log_rate(1);
  Running running(resolved([](Limits& l) { l.max_connections = 1; }));
  running.host.interval = std::chrono::milliseconds(50);
  const auto first = running.connect();
  std::vector<std::unique_ptr<RawClient>> refused;
  std::size_t waits = 0;
  running.host.steps = {
      [&] { return running.engine.usage().connections == 1; },
      [&] {
        for (int i = 0; i < 4; ++i)
          refused.push_back(running.connect());
        return true;
      },
      [&] { return refused.back()->closed(); },
      [&] { return ++waits == 24; },
      [&] {
        first->close();
        return true;
      },
  };
  const std::string log = running.run();
  engine::set_log_rate(1000);
  assert_true(contains(log, "event=log-suppressed name=connection-refused lines=3\n"));
}

// --- Metrics and the status page ---

struct Monitored {
  explicit Monitored(const Limits& limits, const std::string& http = "127.0.0.1:0") : engine(limits, services(), host) {
    engine.use_http({.sites = {}, .monitor = lean::MonitorSettings{.address = address(http), .version = "1"}});
  }
  std::string start() {
    const engine::Address free_port = address("127.0.0.1:0");
    return engine.start({&free_port, 1});
  }
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

Limits with_http(std::uint32_t connections = 4) {
  return resolved([connections](Limits& l) {
    l.http = true;
    l.http_connections = connections;
    l.max_connections = 1;
  });
}

void test_metrics_of_the_loop(void**) {
  Monitored running(with_http());
  assert_string_equal(running.start().c_str(), "");
  Browser browser(*running.engine.monitor_address());
  std::vector<std::unique_ptr<RawClient>> clients;
  std::string metrics;
  std::string stats;
  const engine::Address to = running.engine.addresses().front();
  running.host.steps = {
      [&] {
        for (int i = 0; i < 2; ++i) {
          const int client = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
          assert_int_equal(::connect(client, to.pointer(), to.length), 0);
          ::fcntl(client, F_SETFL, O_NONBLOCK);
          clients.push_back(std::make_unique<RawClient>(client));
        }
        clients.front()->send(hello().raw(echo_call(1, "Reply", echo_data("a")).bytes()));
        return true;
      },
      [&] { return answered(*clients.front(), 1) && clients.back()->closed(); },
      [&] {
        browser.send(kMetrics);
        return true;
      },
      [&] {
        metrics += browser.text();
        return metrics.ends_with("0\r\n\r\n");
      },
      [&] {
        browser.send(kStats);
        return true;
      },
      [&] {
        stats += browser.text();
        return stats.ends_with("0\r\n\r\n");
      },
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
  assert_true(number_of(metrics, "mote_loop_turns_total ") > 1);
}

void test_the_address_of_metrics_is_in_use(void**) {
  Monitored first(with_http());
  assert_string_equal(first.start().c_str(), "");
  const std::string taken(engine::AddressText(*first.engine.monitor_address()).view());
  Monitored second(with_http(), taken);
  assert_true(second.start().starts_with("cannot listen on " + taken + ": Address already in use"));
}

void test_without_metrics_there_is_no_address(void**) {
  const Running running(resolved([](Limits&) {}));
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

void test_a_drain_is_cut_short(void**) {
  Running running(resolved([](Limits&) {}));
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
      cmocka_unit_test(test_no_descriptor_for_the_loop),
      cmocka_unit_test(test_a_service_that_cannot_start),
      cmocka_unit_test(test_an_address_that_is_missing_now),
      cmocka_unit_test(test_the_memory_is_what_the_limits_cost),
      cmocka_unit_test(test_more_memory_than_there_is),
      cmocka_unit_test(test_the_factor_of_socket_buffers),
      cmocka_unit_test(test_the_memory_suffices),
      cmocka_unit_test(test_the_memory_suffices_for_all_calls),
      cmocka_unit_test(test_one_connection_too_many),
      cmocka_unit_test(test_descriptors_run_out),
      cmocka_unit_test(test_a_connection_takes_the_place_of_one_that_ends),
      cmocka_unit_test(test_more_refused_connections_than_linger),
      cmocka_unit_test(test_connections_come_and_go),
      cmocka_unit_test(test_a_message_waits_for_memory),
      cmocka_unit_test(test_the_end_closes_all_descriptors),
      cmocka_unit_test(test_an_address_above_its_quarter_loses_a_connection),
      cmocka_unit_test(test_addresses_within_their_quarters_keep_calls),
      cmocka_unit_test(test_an_address_with_its_quarter_takes_nothing_from_others),
      cmocka_unit_test(test_an_address_has_a_limit_of_its_own),
      cmocka_unit_test(test_a_trusted_proxy),
      cmocka_unit_test(test_more_addresses_than_rows),
      cmocka_unit_test(test_unix_sockets_have_reserved_places),
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
      cmocka_unit_test(test_a_host_without_an_interval),
      cmocka_unit_test(test_the_loop_wakes_up_for_what_is_due),
      cmocka_unit_test(test_suppressed_lines_are_reported_in_time),
      cmocka_unit_test(test_metrics_of_the_loop),
      cmocka_unit_test(test_the_address_of_metrics_is_in_use),
      cmocka_unit_test(test_without_metrics_there_is_no_address),
      cmocka_unit_test(test_a_drain_waits_for_a_request),
      cmocka_unit_test(test_a_drain_is_cut_short),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
