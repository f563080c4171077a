#include "engine/log_rates.h"

#include <algorithm>

namespace mote::engine {

bool LogRates::admit(std::string_view event, rpc::Time now) {
  Row& row = row_of(event);
  if (row.lines == 0 || now - row.since >= kWindow) {
    row.since = now;
    row.lines = 0;
  }
  if (row.lines < lines_per_second_) {
    ++row.lines;
    return true;
  }
  ++row.suppressed;
  ++suppressed_;
  due_ = std::min(due_, row.since + kWindow);
  return false;
}

LogRates::Row& LogRates::row_of(std::string_view event) {
  for (Row& row : rows_) {
    if (row.event.empty()) row.event = event;
    if (row.event == event) return row;
  }
  return rows_.back();
}

}  // namespace mote::engine
