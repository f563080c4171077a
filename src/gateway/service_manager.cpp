#include "gateway/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/log.h"
#include "gateway/environment.h"

namespace mote::gateway {
namespace {

// A datagram socket connected to `name`: a path, or "@" and an abstract name. -1: there is no such socket.
int connect_to(std::string_view name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof(address.sun_path) || (name.front() != '/' && name.front() != '@')) return -1;
  std::copy(name.begin(), name.end(), std::begin(address.sun_path));
  if (name.front() == '@') address.sun_path[0] = '\0';
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), length) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

// If WATCHDOG_PID is set, WATCHDOG_USEC applies only to that process (sd_watchdog_enabled(3)).
std::chrono::microseconds watchdog_of(const char* const* variables) {
  const std::optional<std::uint64_t> time = find_number(variables, "WATCHDOG_USEC");
  if (!time) return {};
  if (find_variable(variables, "WATCHDOG_PID") &&
      find_number(variables, "WATCHDOG_PID") != static_cast<std::uint64_t>(::getpid())) {
    return {};
  }
  return std::chrono::microseconds(*time);
}

}  // namespace

ServiceManager::ServiceManager(const char* const* variables) {
  const std::optional<std::string_view> name = find_variable(variables, "NOTIFY_SOCKET");
  if (!name || name->empty()) return;
  socket_ = connect_to(*name);
  if (socket_ >= 0) {
    watchdog_ = watchdog_of(variables);
  } else {
    engine::LogLine(engine::LogLevel::Warn, "no-service-manager", engine::LogRate::Operator)
        .field("notify_socket", *name);
  }
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::notify(std::string_view lines) const {
  if (socket_ < 0) return;
  [[maybe_unused]] const ssize_t sent = ::send(socket_, lines.data(), lines.size(), MSG_NOSIGNAL);
}

}  // namespace mote::gateway
