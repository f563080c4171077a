// What the service manager is told: one datagram to $NOTIFY_SOCKET for each message, as sd_notify(3) documents it. No heap.
// Without a service manager nothing is sent.
#pragma once

#include <chrono>
#include <string_view>

namespace mote::gateway {

class ServiceManager {
 public:
  // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID among `variables` (environ). Takes one descriptor where a service
  // manager listens.
  explicit ServiceManager(const char* const* variables);
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // Lines of KEY=VALUE: "READY=1", "STATUS=...", "WATCHDOG=1". A message that cannot be delivered at once is lost: a service
  // manager that does not listen must not stop the gateway.
  void notify(std::string_view lines) const;

  // Within this time WATCHDOG=1 must come again; 0: no watchdog is set for this process.
  [[nodiscard]] std::chrono::microseconds watchdog() const { return watchdog_; }

 private:
  int socket_ = -1;  // Connected; -1: nobody listens.
  std::chrono::microseconds watchdog_{};
};

}  // namespace mote::gateway
