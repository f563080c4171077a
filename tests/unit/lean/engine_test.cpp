// The engine with its own listeners and clock: starts that fail, connections without a place, descriptors that run out, and the
// loop.
#include "engine/lean/engine.h"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/clock.h"
#include "engine/log.h"
#include "engine/refusals.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lines.h"
#include "support/logged.h"
#include "support/raw_client.h"
#include "support/running_engine.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::Limits;

// What the system calls below do or count.
bool epoll_is_full = false;
bool stops_when_idle = false;
int pages_returned = 0;

// --- The start ---

void test_an_address_in_use(void**) {
  const RunningEngine first(resolved([](Limits&) {}));
  Script host;
  lean::Engine second(resolved([](Limits&) {}), services(), host);
  const engine::Address taken = first.engine.addresses().front();
  const std::string error = second.start({&taken, 1});
  assert_true(error.starts_with("cannot listen on 127.0.0.1:"));
  assert_true(contains(error, "Address already in use"));
}

// Not in the first turn, and once.
void test_it_settles_after_the_first_turns(void**) {
  RunningEngine running(resolved([](Limits&) {}));
  int turns_after = 0;
  running.host.steps = {[&] { return running.host.settled == 0; }, [&] { return running.host.settled == 0; },
                        [&] { return running.host.settled == 1; }, [&] { return ++turns_after == 200; }};
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

#ifdef MOTE_TLS
void test_a_certificate_that_cannot_be_read(void**) {
  Limits chosen = resolved([](Limits& l) { l.tls = true; });
  chosen.access_bytes = 4096;
  Script host;
  lean::Engine engine(chosen, services(), host);
  engine::AccessTexts texts;
  texts.parts[static_cast<std::size_t>(engine::AccessPart::Certificate)] = "no certificate";
  engine.use_access(texts);
  assert_true(engine.start({}).starts_with("tls-certificate: "));
}
#endif

// A pool consists of whole blocks.
void test_the_pool_is_rounded_up(void**) {
  constexpr std::uint32_t kBytes = 1024 * 1024;
  for (const std::uint32_t more : {0U, 1U}) {
    const RunningEngine running(resolved([more](Limits& l) { l.buffer_bytes = kBytes + more; }));
    const std::size_t blocks = kBytes / lean::BlockPool::kLargeBytes + more;
    assert_int_equal(running.engine.usage().free_blocks, blocks * lean::BlockPool::kSmallInLarge);
  }
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
  RunningEngine running(resolved([](Limits& l) {
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
  RunningEngine running(resolved([](Limits& l) {
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
      [&] { return hang_up(*client); },
  };
  running.run();
  assert_int_equal(running.engine.usage().calls, 0);
}

void test_one_connection_too_many(void**) {
  RunningEngine running(resolved([](Limits& l) { l.max_connections = 1; }));
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
  RunningEngine running(resolved([](Limits&) {}));
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
  const auto began = engine::steady_clock();
  const std::string log = running.run();
  const std::string line = "event=accept-failed errno=" + std::to_string(EMFILE);
  std::int64_t tries = 0;
  for (std::size_t at = 0; (at = log.find(line, at)) != std::string::npos; ++at)
    ++tries;
  assert_in_range(tries, 1, 1 + (engine::steady_clock() - began) / std::chrono::milliseconds(100));
  assert_string_equal(client->answer(1).status().c_str(), "0");
}

// The end of another connection in the same turn makes room, although the new one was there before it.
void test_a_connection_takes_the_place_of_one_that_ends(void**) {
  RunningEngine running(resolved([](Limits& l) { l.max_connections = 2; }));
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

// The one that is closed for it has sent something in the same turn.
void test_a_connection_takes_the_place_of_one_that_sends(void**) {
  RunningEngine running(resolved([](Limits& l) { l.max_connections = 2; }));
  const auto idle = running.connect();
  const auto second = running.connect("127.0.0.2:0");
  std::unique_ptr<RawClient> newcomer;
  running.host.steps = {
      [&] { return running.engine.usage().connections == 2; },
      [&] {
        newcomer = running.connect("127.0.0.3:0");
        return true;
      },
      [&] {
        idle->send(hello());
        return true;
      },
      [&] {
        newcomer->send(hello().raw(echo_call(1, "Reply", echo_data("a")).bytes()));
        second->send(hello().raw(echo_call(1, "Reply", echo_data("b")).bytes()));
        return true;
      },
      [&] { return answered(*newcomer, 1) && answered(*second, 1); },
  };
  const std::string log = running.run();
  assert_true(contains(log, "event=connection-closed-for-others"));
  assert_string_equal(newcomer->answer(1).status().c_str(), "0");
  assert_string_equal(second->answer(1).status().c_str(), "0");
}

// A connection ends while a part of its input waits for the next turn.
void test_a_connection_ends_before_its_next_turn(void**) {
  RunningEngine running(resolved([](Limits& l) { l.turn_frames = 16; }));
  const auto busy = running.connect();
  std::unique_ptr<RawClient> other;
  running.host.steps = {
      [&] { return running.engine.usage().connections == 1; },
      [&] {
        FrameScript script = hello().headers(1, echo_head("Collect"));
        for (int i = 0; i < 500; ++i)
          script.data(1, echo_data("a"));
        busy->send(script);
        return true;
      },
      [&] { return running.engine.usage().calls == 1; },
      [&] {
        busy->close();
        return true;
      },
      [&] { return running.engine.usage().connections == 0; },
      [&] {
        other = running.connect();
        other->send(hello().raw(echo_call(1, "Reply", echo_data("a")).bytes()));
        return true;
      },
      [&] { return answered(*other, 1); },
  };
  running.run();
  assert_string_equal(other->answer(1).status().c_str(), "0");
}

// Eight sockets linger; further ones are closed at once. Their peers still read the GOAWAY and an end without an error.
void test_more_refused_connections_than_linger(void**) {
  struct Refused {
    int socket = -1;
    std::string text;
    ssize_t last = -1;
  };
  RunningEngine running(resolved([](Limits& l) { l.max_connections = 1; }));
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

// What its peer sends later is read too: a reset could take the GOAWAY from it.
void test_a_refused_connection_lingers(void**) {
  RunningEngine running(resolved([](Limits& l) { l.max_connections = 1; }));
  const auto first = running.connect();
  std::unique_ptr<RawClient> second;
  std::size_t turns = 0;
  running.host.steps = {
      [&] { return running.engine.usage().connections == 1; },
      [&] {
        second = running.connect();
        return true;
      },
      [&] { return second->closed(); },
      [&] {
        second->send(hello());
        return ++turns == 20;
      },
  };
  running.run();
  assert_string_equal(second->control().back().c_str(), "GOAWAY 0 ENHANCE_YOUR_CALM too many connections");
}

void test_connections_come_and_go(void**) {
  RunningEngine running(resolved([](Limits& l) { l.max_connections = 3; }));
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
  RunningEngine running(resolved([](Limits& l) {
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

// The kernel may refuse to watch another socket.
void test_a_connection_that_cannot_be_watched(void**) {
  RunningEngine running(resolved([](Limits&) {}));
  std::unique_ptr<RawClient> client;
  running.host.steps = {
      [&] {
        epoll_is_full = true;
        client = running.connect();
        return true;
      },
      [&] { return client->closed(); },
      [&] {
        epoll_is_full = false;
        assert_int_equal(running.engine.usage().connections, 0);
        client = running.connect();
        client->send(hello().raw(echo_call(1, "Reply", echo_data("a")).bytes()));
        return true;
      },
      [&] { return answered(*client, 1); },
  };
  running.run();
  assert_string_equal(client->answer(1).status().c_str(), "0");
}

// The page that a large header table has used returns to the kernel with the end of its connection.
void test_large_header_tables_are_returned(void**) {
  pages_returned = 0;
  for (const bool large : {false, true}) {
    RunningEngine running(resolved([](Limits&) {}));
    const auto client = running.connect();
    Block head = echo_head("Reply");
    if (large) head.remembered("a", std::string(500, 'a')).remembered("b", std::string(500, 'b'));
    client->send(hello().headers(1, head).data(1, echo_data("a"), http2::kEndStream));
    running.host.steps = {
        [&] { return answered(*client, 1); },
        [&] { return hang_up(*client); },
        [&] { return running.engine.usage().connections == 0; },
    };
    running.run();
    assert_int_equal(pages_returned, large);
  }
}

// As many connections wait as the kernel keeps, after a whole burst was accepted.
void test_a_full_backlog_is_logged(void**) {
  constexpr int kBacklog = 64;
  RunningEngine running(resolved([](Limits& l) { l.listen_backlog = kBacklog; }));
  std::vector<std::unique_ptr<RawClient>> clients;
  running.host.steps = {
      [&] {
        for (int i = 0; i < kBacklog + 1; ++i)
          clients.push_back(running.connect());
        return true;
      },
      [&] { return running.engine.usage().connections == kBacklog + 1; },
  };
  assert_true(contains(running.run(), "event=limit-reached name=listen-backlog "));
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

// Those of the poller, the listener and the signals, and of the connection that was refused and lingers.
void test_the_end_closes_all_descriptors(void**) {
  const std::ptrdiff_t before = open_descriptors();
  {
    RunningEngine running(resolved([](Limits& l) { l.max_connections = 1; }));
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

// --- Waking up ---

// The loop sleeps between two calls of the host, and work that is left over from a turn does not wait for one.
void test_the_loop_wakes_up_for_what_is_due(void**) {
  constexpr auto kInterval = std::chrono::milliseconds(100);
  RunningEngine running(resolved([](Limits& l) { l.turn_frames = 16; }));
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
      [&] { return hang_up(*client); },
  };
  running.run();
  const std::size_t calls = running.host.alive - before;
  assert_in_range(calls, 1, 30);
  assert_true(engine::steady_clock() - began >= (calls - 1) * kInterval);
}

// It sleeps without end, and a signal wakes it up.
void test_the_loop_sleeps_if_nothing_is_due(void**) {
  RunningEngine running(resolved([](Limits&) {}));
  running.host.interval = {};
  stops_when_idle = true;
  running.run();
  assert_false(stops_when_idle);
  assert_string_equal(running.host.drains.c_str(), "0 0 0 ");
}

// A service whose timer is due again and again.
struct Ticking {
  static const char* start(void* object, rpc::Loop& loop) {
    auto& ticking = *static_cast<Ticking*>(object);
    ticking.loop = &loop;
    loop.add(ticking.timer);
    ticking.timer.wake_at(loop.now() + kInterval);
    return nullptr;
  }
  void on_timer() {
    ++ticks;
    timer.wake_at(loop->now() + kInterval);
  }

  static constexpr std::chrono::milliseconds kInterval{2};
  rpc::Loop* loop = nullptr;
  int ticks = 0;
  mote::Timer timer = mote::Timer::calls<&Ticking::on_timer>(*this);
};

void test_the_loop_runs_the_timers_of_services(void**) {
  Ticking ticking;
  const std::array services = {rpc::Service{.name = "t", .methods = {}, .object = &ticking, .start = Ticking::start}};
  Script host;
  host.steps = {[&] { return ticking.ticks >= 10; }};
  lean::Engine engine(resolved([](Limits&) {}), rpc::ServiceTable(services), host);
  assert_string_equal(engine.start({}).c_str(), "");
  const auto began = engine::steady_clock();
  engine.run();
  assert_true(engine::steady_clock() - began >= ticking.ticks * Ticking::kInterval);
}

void test_suppressed_lines_are_reported_in_time(void**) {
  engine::set_log_rate(1);
  const std::uint64_t before = engine::log_gaps().suppressed;
  RunningEngine running(resolved([](Limits& l) { l.max_connections = 1; }));
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
  const std::uint64_t suppressed = engine::log_gaps().suppressed - before;
  assert_in_range(suppressed, 3, 4);  // None is written if a test before this one logged the same in this second.
  assert_true(contains(log, "event=log-suppressed name=connection-refused lines=" + std::to_string(suppressed) + "\n"));
}

}  // namespace

// In place of the C library's.
extern "C" int epoll_ctl(int descriptor, int operation, int watched, epoll_event* event) noexcept {
  if (epoll_is_full && operation == EPOLL_CTL_ADD) {
    errno = ENOSPC;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_epoll_ctl, descriptor, operation, watched, event));
}

extern "C" int epoll_wait(int descriptor, epoll_event* events, int most, int timeout_ms) {
  if (timeout_ms < 0 && std::exchange(stops_when_idle, false)) ::kill(::getpid(), SIGTERM);
  return static_cast<int>(::syscall(SYS_epoll_pwait, descriptor, events, most, timeout_ms, nullptr, 0));
}

extern "C" int madvise(void* begin, std::size_t size, int advice) noexcept {
  if (advice == MADV_DONTNEED) ++pages_returned;
  return static_cast<int>(::syscall(SYS_madvise, begin, size, advice));
}

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
#ifdef MOTE_TLS
      cmocka_unit_test(test_a_certificate_that_cannot_be_read),
#endif
      cmocka_unit_test(test_the_pool_is_rounded_up),
      cmocka_unit_test(test_the_memory_is_what_the_limits_cost),
      cmocka_unit_test(test_more_memory_than_there_is),
      cmocka_unit_test(test_the_factor_of_socket_buffers),
      cmocka_unit_test(test_the_memory_suffices),
      cmocka_unit_test(test_the_memory_suffices_for_all_calls),
      cmocka_unit_test(test_one_connection_too_many),
      cmocka_unit_test(test_descriptors_run_out),
      cmocka_unit_test(test_a_connection_takes_the_place_of_one_that_ends),
      cmocka_unit_test(test_a_connection_takes_the_place_of_one_that_sends),
      cmocka_unit_test(test_a_connection_ends_before_its_next_turn),
      cmocka_unit_test(test_more_refused_connections_than_linger),
      cmocka_unit_test(test_a_refused_connection_lingers),
      cmocka_unit_test(test_connections_come_and_go),
      cmocka_unit_test(test_a_message_waits_for_memory),
      cmocka_unit_test(test_a_connection_that_cannot_be_watched),
      cmocka_unit_test(test_large_header_tables_are_returned),
      cmocka_unit_test(test_a_full_backlog_is_logged),
      cmocka_unit_test(test_the_end_closes_all_descriptors),
      cmocka_unit_test(test_the_loop_wakes_up_for_what_is_due),
      cmocka_unit_test(test_the_loop_sleeps_if_nothing_is_due),
      cmocka_unit_test(test_the_loop_runs_the_timers_of_services),
      cmocka_unit_test(test_suppressed_lines_are_reported_in_time),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
