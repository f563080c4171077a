// Notifies the service manager: one datagram to $NOTIFY_SOCKET for each message (sd_notify(3)). No heap. Without a service
// manager nothing is sent.
#pragma once

#include <chrono>
#include <string_view>

namespace mote::gateway {

class ServiceManager {
 public:
  // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID in `variables` (environ). Uses one descriptor if a service manager
  // listens.
  explicit ServiceManager(const char* const* variables);
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // Lines of KEY=VALUE: "READY=1", "STATUS=...", "WATCHDOG=1". A message that cannot be delivered at once is discarded: a
  // service manager that does not read must not stop the gateway.
  void notify(std::string_view lines) const;

  // The maximum time between two WATCHDOG=1; 0: this process has no watchdog.
  [[nodiscard]] std::chrono::microseconds watchdog() const { return watchdog_; }

 private:
  int socket_ = -1;  // Connected; -1: no service manager.
  std::chrono::microseconds watchdog_{};
};

}  // namespace mote::gateway
