// The listener of metrics and gRPC-Web with a clock that the test moves, and its clients.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/lean/monitor/monitor.h"
#include "support/cmocka_test.h"
#include "support/lean_loop.h"
#include "support/lines.h"

namespace mote::test {

inline constexpr std::string_view kOrigin = "http://console.example";
inline constexpr std::string_view kMetrics = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
inline constexpr std::string_view kStats = "GET /stats.json HTTP/1.1\r\nHost: localhost\r\n\r\n";

// One end of a socket that speaks HTTP/1.1.
class Browser {
 public:
  // A `receive_bytes` other than 0 bounds what the kernel receives before it is read.
  explicit Browser(const engine::Address& to, int receive_bytes = 0)
      : descriptor_(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes != 0) ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    assert_int_equal(::connect(descriptor_, to.pointer(), to.length), 0);
    ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
  }
  ~Browser() { ::close(descriptor_); }
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  void send(std::string_view text) const {
    assert_int_equal(::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL), text.size());
  }
  // It sends no more.
  void shut_down() const { ::shutdown(descriptor_, SHUT_WR); }
  // What has arrived since the last call.
  std::string text() {
    std::string found;
    std::array<char, 65'536> buffer{};
    for (ssize_t size = 0; (size = ::recv(descriptor_, buffer.data(), buffer.size(), 0)) >= 0;) {
      if (size == 0) {
        closed_ = true;
        break;
      }
      found.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return found;
  }
  // Waits for all that arrives until the other end sends no more.
  std::string rest() {
    std::string found;
    pollfd readable{.fd = descriptor_, .events = POLLIN, .revents = 0};
    for (;;) {
      found += text();
      if (closed_) return found;
      assert_int_equal(::poll(&readable, 1, -1), 1);
    }
  }
  // Everything was received, and the other end sends no more.
  bool closed() {
    assert_string_equal(text().c_str(), "");
    return closed_;
  }

 private:
  int descriptor_;
  bool closed_ = false;
};

// Its parts must outlive it.
inline std::unique_ptr<lean::Monitor> make_monitor(const std::string& address, LeanLoop& loop, lean::Arena& arena,
                                                   const lean::LoopFigures& figures, const engine::EngineSizes& sizes) {
  return std::make_unique<lean::Monitor>(
      lean::MonitorSettings{.address = *engine::parse_address(address).address, .version = "1"},
      lean::Monitor::Parts{.core = loop.core(),
                           .arena = arena,
                           .loop = figures,
                           .sizes = sizes,
                           .program = "test",
#ifdef MOTE_TLS
                           .tls = nullptr
#endif
      });
}

// The listener, on a Unix socket unless it is to be on another address.
class Site {
 public:
  explicit Site(const engine::Limits& limits = test::limits(), std::string address = {}) : loop(limits) {
    assert_non_null(::mkdtemp(folder_));
    if (address.empty()) address = "unix:" + path();
    loop.core().sites = {.hosts = {}, .origins = origins_};
    monitor_ = make_monitor(address, loop, arena_, figures_, sizes_);
    loop.core().call_metrics = &monitor_->calls();
    assert_null(monitor_->start());
  }
  ~Site() {
    ::unlink(path().c_str());
    ::rmdir(folder_);
  }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  std::unique_ptr<Browser> connect(int receive_bytes = 0) {
    auto browser = std::make_unique<Browser>(monitor_->address(), receive_bytes);
    loop.settle();
    return browser;
  }
  std::string ask(Browser& browser, std::string_view request) {
    browser.send(request);
    return answer(browser);
  }
  std::string answer(Browser& browser) {
    std::string all;
    for (;;) {
      loop.settle();
      const std::string more = browser.text();
      if (more.empty()) return all;
      all += more;
    }
  }
  [[nodiscard]] engine::Address address() const { return monitor_->address(); }
  void drain() {
    loop.core().server.shutting_down = true;
    monitor_->drain();
    loop.settle();
  }
  [[nodiscard]] bool over() const { return monitor_->over(); }
  // How long until the next timer.
  [[nodiscard]] lean::Time time_left() { return loop.next_due() - loop.core().now; }
  void finish() {
    monitor_.reset();
    loop.core().call_metrics = nullptr;
    loop.finish();
  }

  LeanLoop loop;

 private:
  [[nodiscard]] std::string path() const { return std::string(folder_) + "/http"; }

  const std::vector<std::string> origins_{std::string(kOrigin)};
  char folder_[24] = "/tmp/mote-http-XXXXXX";
  lean::Arena arena_{1 << 20U};
  lean::LoopFigures figures_;
  engine::EngineSizes sizes_;
  std::unique_ptr<lean::Monitor> monitor_;
};

// The content of a reply, without its chunks.
inline std::string content_of(const std::string& reply) {
  std::string content;
  std::size_t at = reply.find("\r\n\r\n");
  assert_true(at != std::string::npos);
  for (at += 4; at < reply.size();) {
    const std::size_t line = reply.find("\r\n", at);
    const std::size_t size = std::stoul(reply.substr(at, line - at), nullptr, 16);
    content += reply.substr(line + 2, size);
    at = line + 2 + size + 2;
  }
  return content;
}

// A gRPC-Web call with the content `data`.
inline std::string call(std::string_view method, std::string_view data, std::string_view fields = {},
                        std::string_view version = "1.1") {
  std::string text = "POST /echo.Echo/" + std::string(method) + " HTTP/" + std::string(version);
  text += "\r\nHost: localhost\r\nContent-Type: application/grpc-web\r\nContent-Length: ";
  return text + std::to_string(data.size()) + "\r\n" + std::string(fields) + "\r\n" + std::string(data);
}

}  // namespace mote::test
