// What an engine tells the program that runs it, from its own loop and between two events of it. The functions that do
// nothing are for who runs an engine without a service manager.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "engine/limits.h"

namespace mote::engine {

struct Load {
  std::optional<std::size_t> connections;  // Nothing: the engine does not know.
  std::size_t calls = 0;
};

class Host {
 public:
  Host() = default;
  virtual ~Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // How often on_alive() is wanted; 0: never. Asked once, when the engine begins to serve.
  [[nodiscard]] virtual std::chrono::microseconds alive_interval() const { return {}; }
  // The loop turns.
  virtual void on_alive(Load /*load*/) {}
  // SIGTERM or SIGINT: no new calls, those under way are being finished, for at most `longest`.
  virtual void on_drain(Load /*load*/, std::chrono::seconds /*longest*/) {}
  // SIGHUP: the limits as they are configured now, resolved. Nothing: they cannot be read, and the old ones stay.
  virtual std::optional<Limits> on_reload() { return std::nullopt; }
};

}  // namespace mote::engine
