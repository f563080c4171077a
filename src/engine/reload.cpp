#include "engine/reload.h"

#include "engine/log.h"

namespace mote::engine {

void take_reloadable(Limits& current, const Limits& wanted) {
  for (const LimitRow& row : limit_table()) {
    const std::uint64_t value = row.get(wanted);
    if (value == row.get(current)) continue;
    if (!row.reloadable) {
      LogLine(LogLevel::Warn, "limit-needs-restart", LogRate::Operator).field("name", row.name).field("value", value);
      continue;
    }
    row.set(current, static_cast<std::uint32_t>(value));
    LogLine(LogLevel::Info, "limit-changed", LogRate::Operator).field("name", row.name).field("value", value);
  }
  set_log_rate(current.log_rate);
}

}  // namespace mote::engine
