// The services that an engine serves, and their methods.
#pragma once

#include <span>
#include <string_view>

#include "mote/rpc/descriptor.h"
#include "mote/rpc/method.h"

namespace mote::rpc {

class Loop;
class Settings;

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

// A service, its methods and its object. rpc_service() of a generated class makes it.
struct Service {
  std::string_view name;                                          // "package.Service"
  std::span<const Method> methods;                                // Of any number.
  Needs needs = {};                                               // For the sandbox.
  void* object = nullptr;                                         // The argument of the functions below.
  void (*configure)(void* object, Settings& settings) = nullptr;  // Adds its configuration keys. Null: it has none.
  const char* (*start)(void* object, Loop& loop) = nullptr;       // Calls on_start(). Null: it has none.
  const descriptors::FileDescriptor* file = nullptr;              // Declares it, for reflection. Null: not described.
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
  // Starts the services with the loop of their engine. Null, or the error of the first that cannot start.
  [[nodiscard]] const char* start(Loop& loop) const;
  // All services.
  [[nodiscard]] std::span<const Service> services() const { return services_; }

 private:
  std::span<const Service> services_;
};

// Returns "package.Service" for "/package.Service/Method", and an empty text for any other form.
std::string_view service_of(std::string_view path);

}  // namespace mote::rpc
