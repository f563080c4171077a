// The service manager's end of sd_notify(3).
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "support/cmocka_test.h"

namespace mote::test {

class NotifySocket {
 public:
  enum class Kind { Path, Abstract };

  explicit NotifySocket(Kind kind) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    assert_non_null(::mkdtemp(folder_.data()));
    path_ = folder_ + "/notify";
    name_ = kind == Kind::Path ? path_ : "@" + path_;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(std::begin(address.sun_path), name_.size());
    if (kind == Kind::Abstract) address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    assert_int_equal(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), length), 0);
  }
  ~NotifySocket() {
    ::close(descriptor_);
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
  }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  // The value of NOTIFY_SOCKET.
  [[nodiscard]] const std::string& name() const { return name_; }
  // The next message; empty if none has arrived.
  [[nodiscard]] std::string receive() const {
    std::array<char, 4096> text{};
    const ssize_t size = ::recv(descriptor_, text.data(), text.size(), 0);
    return {text.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
  }

 private:
  int descriptor_;
  std::string folder_ = "/tmp/mote-notify-XXXXXX";
  std::string path_;
  std::string name_;
};

}  // namespace mote::test
