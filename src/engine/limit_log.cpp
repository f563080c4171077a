#include "engine/limit_log.h"

#include "engine/log.h"

namespace mote::engine {

void log_limit(LimitId id, std::uint64_t count, std::string_view peer) {
  const LimitRow& row = limit_row(id);
  // The first hit of each limit is always logged, however many there are in one second.
  const LogRate rate = count == 1 ? LogRate::Operator : LogRate::Limited;
  LogLine line(row.routine ? LogLevel::Info : LogLevel::Warn, "limit-reached", rate);
  line.field("name", row.name).field(row.counter, count);
  if (!peer.empty()) line.field("peer", peer);
}

void report_limits(const Counters& counters) {
  const LogGaps gaps = log_gaps();
  for (const LimitRow& row : limit_table()) {
    const std::uint64_t count = row.id == LimitId::LogRate ? gaps.suppressed : counters.of(row.id);
    if (count == 0) continue;
    LogLine(LogLevel::Info, "limit", LogRate::Operator).field("name", row.name).field(row.counter, count);
  }
  if (gaps.lost != 0) LogLine(LogLevel::Info, "log", LogRate::Operator).field("lines_lost", gaps.lost);
}

}  // namespace mote::engine
