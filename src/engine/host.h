// Calls from an engine to the program that runs it, made from the engine's loop between events. The default functions do
// nothing: they are for programs without a service manager.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "engine/limits.h"

namespace mote::engine {

struct Load {
  std::optional<std::size_t> connections;  // Empty if the engine does not know.
  std::size_t calls = 0;
};

class Host {
 public:
  Host() = default;
  virtual ~Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // The name of the program.
  [[nodiscard]] virtual std::string_view name() const { return "a gateway"; }
  // The interval of on_alive(); 0 means never. Read once, when the engine starts to serve.
  [[nodiscard]] virtual std::chrono::microseconds alive_interval() const { return {}; }
  // The loop is running.
  virtual void on_alive(Load /*load*/) {}
  // SIGTERM or SIGINT: the engine accepts no new calls and finishes the open ones within `longest`.
  virtual void on_drain(Load /*load*/, std::chrono::seconds /*longest*/) {}
  // SIGHUP: returns the newly configured limits, resolved. Empty if they cannot be read; then the old limits stay.
  virtual std::optional<Limits> on_reload() { return std::nullopt; }
};

}  // namespace mote::engine
