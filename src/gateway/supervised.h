// The host of an engine under a service manager that supports sd_notify(3), such as systemd.
#pragma once

#include <span>
#include <string_view>

#include "engine/host.h"
#include "gateway/configure.h"
#include "gateway/service_manager.h"

namespace mote::gateway {

class Supervised final : public engine::Host {
 public:
  // The values of main() and configure(), which must outlive this.
  Supervised(const Program& program, std::span<const char* const> arguments, const char* const* variables)
      : program_(program), arguments_(arguments), variables_(variables), manager_(variables) {}

  // Whether on_settled() returns the pages of the start (startup_pages.h).
  void allow_page_return(bool allowed) { returns_pages_ = allowed; }
  // The engine is ready on `address`, and possibly on others.
  void report_ready(std::string_view address) const;

  [[nodiscard]] std::string_view name() const override { return program_.name; }
  // Half of the watchdog's time, as sd_watchdog_enabled(3) recommends.
  [[nodiscard]] std::chrono::microseconds alive_interval() const override { return manager_.watchdog() / 2; }
  void on_alive(engine::Load load) override;
  [[gnu::hot]] void on_settled() override;
  void on_drain(engine::Load load, std::chrono::seconds longest) override;
  std::optional<engine::Reload> on_reload(MutableBytes access) override;

 private:
  Program program_;
  std::span<const char* const> arguments_;
  const char* const* variables_;
  ServiceManager manager_;
  bool draining_ = false;
  bool returns_pages_ = false;
};

}  // namespace mote::gateway
