// An engine's host under a service manager (systemd, or whoever else understands sd_notify(3)).
#pragma once

#include <span>
#include <string_view>

#include "engine/host.h"
#include "gateway/configure.h"
#include "gateway/service_manager.h"

namespace mote::gateway {

class Supervised final : public engine::Host {
 public:
  // As main() and configure() have them; they outlive this.
  Supervised(const Program& program, std::span<const char* const> arguments, const char* const* variables)
      : program_(program), arguments_(arguments), variables_(variables), manager_(variables) {}

  // The engine can serve, on `address` and perhaps others.
  void report_ready(std::string_view address) const;

  // Half of what the watchdog allows, as sd_watchdog_enabled(3) advises.
  [[nodiscard]] std::chrono::microseconds alive_interval() const override { return manager_.watchdog() / 2; }
  void on_alive(engine::Load load) override;
  void on_drain(engine::Load load, std::chrono::seconds longest) override;
  std::optional<engine::Limits> on_reload() override;

 private:
  Program program_;
  std::span<const char* const> arguments_;
  const char* const* variables_;
  ServiceManager manager_;
  bool draining_ = false;
};

}  // namespace mote::gateway
