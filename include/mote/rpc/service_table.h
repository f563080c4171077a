// The services that an engine serves, and their methods.
#pragma once

#include <span>
#include <string_view>

#include "mote/rpc/method.h"

namespace mote::rpc {

// What the handlers of a service do besides computing and answering. In the sandbox of the lean engine the kernel ends the
// gateway at a system call that neither the gateway nor a service needs, and opening another file fails. What a service opens
// before the gateway is ready needs no entry.
struct Needs {
  std::span<const long> system_calls =
      {};  // SYS_... of <sys/syscall.h>, with any arguments; at most 127 of all services.
  std::span<const char* const> readable = {};  // Files, or folders with everything below them.
  std::span<const char* const> writable =
      {};  // Also to create, read and remove. Needs SYS_openat, or what open() calls.
};

// A service and its methods.
struct Service {
  std::string_view name;            // "package.Service"
  std::span<const Method> methods;  // Of any number.
  Needs needs = {};                 // For the sandbox.
};

// Finds methods by their path.
class ServiceTable {
 public:
  // `services` must outlive the table.
  explicit constexpr ServiceTable(std::span<const Service> services) : services_(services) {}

  // The method for a :path, or nullptr.
  [[nodiscard]] const Method* find_method(std::string_view path) const;
  // Whether a service of that name is served.
  [[nodiscard]] bool has_service(std::string_view name) const;
  // All services.
  [[nodiscard]] std::span<const Service> services() const { return services_; }

 private:
  std::span<const Service> services_;
};

// Returns "package.Service" for "/package.Service/Method", and an empty text for any other form.
std::string_view service_of(std::string_view path);

}  // namespace mote::rpc
