// Calls from an engine to the program that runs it, made from the engine's loop between events. The default functions do
// nothing: they are for programs without a service manager.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "engine/access_texts.h"
#include "engine/limits.h"
#include "mote/span.h"

namespace mote::engine {

struct Load {
  std::optional<std::size_t> connections;  // Empty if the engine does not know.
  std::size_t calls = 0;
};

// What SIGHUP has changed.
struct Reload {
  Limits limits;  // Resolved.
#ifdef MOTE_TLS
  std::optional<AccessSizes> access{};  // Of the texts in the buffer of on_reload(). Empty: they stay.
#endif
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
  // Once, soon after the engine began to serve: what only the start needs can go.
  virtual void on_settled() {}
  // SIGTERM or SIGINT: the engine accepts no new calls and finishes the open ones within `longest`.
  virtual void on_drain(Load /*load*/, std::chrono::seconds /*longest*/) {}
  // SIGHUP: returns what is configured now. Empty if it cannot be read; then everything stays. `access` is memory for the
  // texts that say who may connect and call; without it they stay.
  virtual std::optional<Reload> on_reload(MutableBytes /*access*/) { return std::nullopt; }
};

}  // namespace mote::engine
