// Generates load for the TCP floor in the way of h2load: each connection has STREAMS requests in flight and sends the next one for each
// complete answer. In one turn it receives all that is there, 8 KiB at a time, and then sends, 16 KiB at a time: more sends or
// segments would cost the server more.
//
//   raw_load HOST:PORT REQUESTS CONNECTIONS STREAMS BYTES
//
// A request and its answer have BYTES bytes each.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kSendBytes = std::size_t{16} * 1024;
constexpr std::size_t kReceiveBytes = std::size_t{8} * 1024;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Plan {
  std::size_t requests_left;
  std::size_t answers_left;
  std::size_t bytes;
};

class Client {
 public:
  Client(const sockaddr_in& server, int poller) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof(server)) != 0) fail("connect");
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    epoll_event event = watched(EPOLLIN);
    if (::epoll_ctl(poller, EPOLL_CTL_ADD, socket_, &event) != 0) fail("epoll_ctl");
  }

  void begin(Plan& plan, std::size_t requests, int poller) {
    add(plan, requests);
    send(poller);
  }

  void on_events(Plan& plan, std::uint32_t events, int poller) {
    if ((events & EPOLLIN) != 0) receive(plan);
    send(poller);
  }

 private:
  epoll_event watched(std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = this;
    return event;
  }

  void add(Plan& plan, std::size_t requests) {
    requests = std::min(requests, plan.requests_left);
    plan.requests_left -= requests;
    unsent_ += requests * plan.bytes;
  }

  void receive(Plan& plan) {
    static std::array<std::uint8_t, kReceiveBytes> sink;
    for (;;) {
      const ssize_t size = ::recv(socket_, sink.data(), sink.size(), MSG_DONTWAIT);
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) fail("recv");
      received_ += static_cast<std::size_t>(size);
      const std::size_t answers = received_ / plan.bytes;
      received_ %= plan.bytes;
      plan.answers_left -= answers;
      add(plan, answers);
    }
  }

  void send(int poller) {
    static const std::array<std::uint8_t, kSendBytes> kSource{};
    while (unsent_ != 0) {
      const ssize_t size =
          ::send(socket_, kSource.data(), std::min(unsent_, kSource.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (size < 0 && errno == EAGAIN) break;
      if (size < 0) fail("send");
      unsent_ -= static_cast<std::size_t>(size);
    }
    if ((unsent_ != 0) == writing_) return;
    writing_ = !writing_;
    epoll_event event = watched(writing_ ? EPOLLIN | EPOLLOUT : EPOLLIN);
    ::epoll_ctl(poller, EPOLL_CTL_MOD, socket_, &event);
  }

  int socket_;
  std::size_t unsent_ = 0;
  std::size_t received_ = 0;  // Bytes of the incomplete answer.
  bool writing_ = false;
};

std::size_t number(const char* text) {
  return std::strtoul(text, nullptr, 10);
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() != 6) {
    std::fputs("usage: raw_load HOST:PORT REQUESTS CONNECTIONS STREAMS BYTES\n", stderr);
    return 2;
  }
  const std::string target = arguments[1];
  const std::size_t colon = target.rfind(':');
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<std::uint16_t>(number(target.substr(colon + 1).c_str())));
  if (::inet_pton(AF_INET, target.substr(0, colon).c_str(), &server.sin_addr) != 1) fail("address");

  Plan plan{number(arguments[2]), number(arguments[2]), number(arguments[5])};
  const int poller = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Client> clients;
  const std::size_t connections = number(arguments[3]);
  clients.reserve(connections);
  for (std::size_t i = 0; i < connections; ++i)
    clients.emplace_back(server, poller);
  for (Client& client : clients)
    client.begin(plan, number(arguments[4]), poller);

  std::array<epoll_event, 64> events{};
  while (plan.answers_left != 0) {
    const int count = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events.at(static_cast<std::size_t>(i));
      static_cast<Client*>(event.data.ptr)->on_events(plan, event.events, poller);
    }
  }
  return 0;
}
