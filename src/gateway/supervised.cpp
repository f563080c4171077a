#include "gateway/supervised.h"

#include <ctime>

#include "engine/fixed_text.h"
#include "engine/log.h"
#include "gateway/reread.h"
#include "gateway/startup_pages.h"

namespace mote::gateway {
namespace {

using engine::LogLevel;
using engine::LogLine;
// Enough for the longest address and the fixed words.
using Message = engine::FixedText<256>;

// The time that the engine needs to end after drain-seconds.
constexpr std::chrono::seconds kEndTime{5};

Message& add_load(Message& message, std::string_view verb, engine::Load load) {
  message.add("\nSTATUS=").add(verb).add(" ");
  if (load.connections) message.add(*load.connections).add(" connections, ");
  return message.add(load.calls).add(" calls");
}

std::uint64_t monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

void Supervised::report_ready(std::string_view address) const {
  manager_.notify(Message().add("READY=1\nSTATUS=ready on ").add(address).view());
}

void Supervised::on_alive(engine::Load load) {
  Message message;
  message.add("WATCHDOG=1");
  manager_.notify(add_load(message, draining_ ? "finishing" : "serving", load).view());
}

void Supervised::on_settled() {
  if (returns_pages_) return_startup_pages();
}

void Supervised::on_drain(engine::Load load, std::chrono::seconds longest) {
  draining_ = true;
  const std::chrono::microseconds wanted = longest + kEndTime;
  Message message;
  message.add("STOPPING=1\nEXTEND_TIMEOUT_USEC=").add(static_cast<std::uint64_t>(wanted.count()));
  manager_.notify(add_load(message, "finishing", load).view());
}

std::optional<engine::Reload> Supervised::on_reload(MutableBytes access) {
  manager_.notify(Message().add("RELOADING=1\nMONOTONIC_USEC=").add(monotonic_us()).view());
  const std::optional<Reread> reread = reread_configuration(program_, arguments_, variables_, access);
  if (reread) {
    engine::set_log_level(reread->log_level);
    LogLine(LogLevel::Info, "reloaded", engine::LogRate::Operator);
  } else {
    LogLine(LogLevel::Error, "reload-failed", engine::LogRate::Operator).field("kept", "the configuration in force");
  }
  manager_.notify("READY=1");
  if (!reread) return std::nullopt;
  engine::Reload reload{.limits = reread->limits};
#ifdef MOTE_TLS
  if (reread->access.total() <= access.size()) reload.access = reread->access;
#endif
  return reload;
}

}  // namespace mote::gateway
