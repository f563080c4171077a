// Signals as events of the loop.
#pragma once

#include "engine/lean/poller.h"

namespace mote::lean {

class SignalHandler {
 public:
  // SIGTERM, SIGINT.
  virtual void on_stop_signal(int number) = 0;
  // SIGHUP.
  virtual void on_reload_signal() = 0;
  // SIGUSR1.
  virtual void on_report_signal() = 0;

 protected:
  ~SignalHandler() = default;
};

class Signals final : public Pollable {
 public:
  explicit Signals(SignalHandler& handler) : handler_(handler) {}
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // From now on, these signals arrive only through the poller.
  [[nodiscard]] bool open(const Poller& poller);
  void on_events(std::uint32_t events) override;

 private:
  SignalHandler& handler_;
  int descriptor_ = -1;
};

}  // namespace mote::lean
