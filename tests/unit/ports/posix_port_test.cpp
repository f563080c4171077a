#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "mote/port_posix.h"
#include "support/cmocka_test.h"

namespace {

constexpr std::uint32_t kPatienceMs = 10'000;

// A listening socket, and the one that connected to it last.
class Server {
 public:
  explicit Server(int family = AF_INET) : listening_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage name{};
    socklen_t length = sizeof(name);
    if (family == AF_UNIX) {
      sockaddr_un path{};
      path.sun_family = AF_UNIX;
      std::snprintf(path_.data(), path_.size(), "/tmp/posix_port_test.%d.sock", ::getpid());
      std::memcpy(path.sun_path, path_.data(), path_.size());
      std::memcpy(&name, &path, sizeof(path));
      length = sizeof(path);
      ::unlink(path_.data());
    } else if (family == AF_INET) {
      sockaddr_in loopback{};
      loopback.sin_family = AF_INET;
      loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      std::memcpy(&name, &loopback, sizeof(loopback));
      length = sizeof(loopback);
    } else {
      sockaddr_in6 loopback{};
      loopback.sin6_family = AF_INET6;
      loopback.sin6_addr = in6addr_loopback;
      std::memcpy(&name, &loopback, sizeof(loopback));
      length = sizeof(loopback);
    }
    works_ = ::bind(listening_, reinterpret_cast<sockaddr*>(&name), length) == 0 && ::listen(listening_, 1) == 0;
    length = sizeof(name);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&name), &length);
    // Both families have the port at the same place.
    sockaddr_in in{};
    std::memcpy(&in, &name, sizeof(in));
    std::snprintf(service_.data(), service_.size(), "%u", unsigned{ntohs(in.sin_port)});
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    close_connection();
    ::close(listening_);
    if (path_[0] != '\0') ::unlink(path_.data());
  }

  [[nodiscard]] bool works() const { return works_; }
  [[nodiscard]] const char* service() const { return service_.data(); }
  [[nodiscard]] const char* path() const { return path_.data(); }
  int accept() {
    close_connection();
    return connected_ = ::accept(listening_, nullptr, nullptr);
  }
  void close_connection() {
    if (connected_ >= 0) ::close(connected_);
    connected_ = -1;
  }

 private:
  int listening_;
  int connected_ = -1;
  bool works_ = false;
  std::array<char, 8> service_{};
  std::array<char, 108> path_{};
};

struct Port {
  mote_posix posix{};
  mote_port port{};

  [[nodiscard]] std::uint32_t in(std::uint32_t ms) const { return port.now_ms(port.context) + ms; }
  [[nodiscard]] bool connect(std::uint32_t ms = kPatienceMs) const { return port.connect(port.context, in(ms)); }
  [[nodiscard]] bool write(const std::vector<std::uint8_t>& bytes, std::uint32_t ms = kPatienceMs) const {
    return port.write(port.context, bytes.data(), bytes.size(), in(ms));
  }
  int read(std::uint32_t ms = kPatienceMs) { return port.read(port.context, got.data(), got.size(), in(ms)); }
  ~Port() { port.disconnect(port.context); }

  std::array<std::uint8_t, 64> got{};
};

void use_tcp(Port& port, const char* host, const char* service) {
  mote_posix_tcp(&port.posix, host, service);
  port.port = mote_posix_port(&port.posix);
}

void assert_talks(Port& port, Server& server) {
  assert_true(port.connect());
  assert_string_equal(port.posix.reason, "");
  const int peer = server.accept();
  assert_true(port.write({1, 2, 3}));
  std::array<std::uint8_t, 8> received{};
  assert_int_equal(::read(peer, received.data(), received.size()), 3);
  assert_int_equal(::write(peer, "ab", 2), 2);
  assert_int_equal(port.read(), 2);
  assert_memory_equal(port.got.data(), "ab", 2);
}

void test_ipv4_by_name_and_number(void**) {
  Server server;
  for (const char* host : {"127.0.0.1", "localhost"}) {
    Port port;
    use_tcp(port, host, server.service());
    assert_talks(port, server);
    assert_string_equal(port.posix.peer, ("127.0.0.1:" + std::string(server.service())).c_str());
    int no_delay = 0;
    socklen_t length = sizeof(no_delay);
    ::getsockopt(port.posix.descriptor, IPPROTO_TCP, TCP_NODELAY, &no_delay, &length);
    assert_int_not_equal(no_delay, 0);
    assert_true((::fcntl(port.posix.descriptor, F_GETFL) & O_NONBLOCK) != 0);
  }
}

void test_ipv6(void**) {
  Server server(AF_INET6);
  if (!server.works()) skip();
  Port port;
  use_tcp(port, "::1", server.service());
  assert_talks(port, server);
  assert_string_equal(port.posix.peer, ("[::1]:" + std::string(server.service())).c_str());
}

void test_unix_socket(void**) {
  Server server(AF_UNIX);
  Port port;
  mote_posix_unix(&port.posix, server.path());
  port.port = mote_posix_port(&port.posix);
  assert_talks(port, server);
  assert_string_equal(port.posix.peer, "unix");
}

void test_no_server(void**) {
  Port port;
  std::string service;
  {
    const Server gone;
    service = gone.service();
  }
  use_tcp(port, "127.0.0.1", service.c_str());
  assert_false(port.connect());
  assert_string_equal(port.posix.reason, "Connection refused");
  assert_int_equal(port.posix.descriptor, -1);
  assert_int_equal(port.read(), MOTE_PORT_CLOSED);

  Port path;
  const std::string longest(200, 'p');
  for (const char* each : {"/nowhere/at.all", longest.c_str()}) {
    mote_posix_unix(&path.posix, each);
    path.port = mote_posix_port(&path.posix);
    assert_false(path.connect());
    assert_true(path.posix.reason[0] != '\0');
  }
}

void test_read_waits_until_its_deadline(void**) {
  Server server;
  Port port;
  use_tcp(port, "127.0.0.1", server.service());
  assert_true(port.connect());
  server.accept();
  const std::uint32_t begun = port.in(0);
  assert_int_equal(port.read(50), 0);
  const std::uint32_t took = port.in(0) - begun;
  assert_true(took >= 49 && took < kPatienceMs);
  assert_int_equal(port.read(0), 0);
}

void test_the_end_follows_the_bytes(void**) {
  Server server;
  Port port;
  use_tcp(port, "127.0.0.1", server.service());
  assert_true(port.connect());
  assert_int_equal(::write(server.accept(), "end", 3), 3);
  server.close_connection();
  assert_int_equal(port.read(), 3);
  assert_int_equal(port.read(), MOTE_PORT_CLOSED);
  assert_string_equal(port.posix.reason, "the server closed the connection");
}

// A peer that reads nothing: what the socket does not take in time fails, and does not hang.
void test_write_waits_until_its_deadline(void**) {
  Server server;
  Port port;
  use_tcp(port, "127.0.0.1", server.service());
  assert_true(port.connect());
  server.accept();
  const std::vector<std::uint8_t> much(64 << 20);
  assert_false(port.write(much, 50));
  assert_string_equal(port.posix.reason, "the server does not read");
}

void test_write_to_a_closed_peer(void**) {
  Server server;
  Port port;
  use_tcp(port, "127.0.0.1", server.service());
  assert_true(port.connect());
  server.accept();
  server.close_connection();
  bool took = true;
  for (int i = 0; i < 1000 && took; ++i)
    took = port.write(std::vector<std::uint8_t>(1000));
  assert_false(took);
  assert_true(port.posix.reason[0] != '\0');
}

void test_reconnects(void**) {
  Server server;
  Port port;
  use_tcp(port, "127.0.0.1", server.service());
  assert_talks(port, server);
  assert_talks(port, server);
  port.port.disconnect(port.port.context);
  port.port.disconnect(port.port.context);
  assert_talks(port, server);
}

// A signal is not waited through.
void test_stop(void**) {
  Server server;
  Port port;
  use_tcp(port, "127.0.0.1", server.service());
  volatile std::sig_atomic_t stop = 0;
  port.posix.stop = &stop;
  assert_talks(port, server);
  stop = 1;
  assert_int_equal(port.read(), MOTE_PORT_CLOSED);
  port.posix.host = "localhost";
  assert_false(port.connect());
}

// The server's queue is full, so the kernel discards new connections.
void test_an_attempt_without_an_answer_ends_at_its_deadline(void**) {
  Server server;
  std::array<Port, 4> ports;
  for (Port& port : ports) {
    use_tcp(port, "127.0.0.1", server.service());
    static_cast<void>(port.connect(20));
  }
  assert_string_equal(ports.back().posix.reason, std::strerror(ETIMEDOUT));
}

// The resolver is a child process, which goes no further than this.
void hang() {
  ::pause();
}

// The last test, for no child of this program resolves a name from here on.
void test_a_name_that_is_not_resolved_ends_at_the_deadline(void**) {
  assert_int_equal(::pthread_atfork(nullptr, nullptr, hang), 0);
  Server server;
  Port port;
  use_tcp(port, "localhost", server.service());
  assert_false(port.connect(20));
  assert_string_equal(port.posix.reason, "the name was not resolved in time");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_ipv4_by_name_and_number),
      cmocka_unit_test(test_ipv6),
      cmocka_unit_test(test_unix_socket),
      cmocka_unit_test(test_no_server),
      cmocka_unit_test(test_read_waits_until_its_deadline),
      cmocka_unit_test(test_the_end_follows_the_bytes),
      cmocka_unit_test(test_write_waits_until_its_deadline),
      cmocka_unit_test(test_write_to_a_closed_peer),
      cmocka_unit_test(test_reconnects),
      cmocka_unit_test(test_stop),
      cmocka_unit_test(test_an_attempt_without_an_answer_ends_at_its_deadline),
      cmocka_unit_test(test_a_name_that_is_not_resolved_ends_at_the_deadline),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
