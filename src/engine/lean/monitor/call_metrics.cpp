#include "engine/lean/monitor/call_metrics.h"

#include <algorithm>
#include <functional>
#include <new>
#include <numeric>
#include <utility>

namespace mote::lean {

namespace {

void count(MethodMetrics& row, Time time, std::uint64_t calls) {
  const auto* const bound = std::lower_bound(kLatencyBounds.begin(), kLatencyBounds.end(), time);
  row.within[static_cast<std::size_t>(bound - kLatencyBounds.begin())] += calls;
  row.total_us += calls * static_cast<std::uint64_t>(time.count());
}

}  // namespace

std::uint64_t MethodMetrics::count() const {
  return std::accumulate(within.begin(), within.end(), std::uint64_t{0});
}

std::string_view MethodMetrics::service_name() const {
  return service == nullptr ? kOtherMethods : service->name;
}

// After "/SERVICE/".
std::string_view MethodMetrics::method_name() const {
  return method == nullptr ? kOtherMethods : method->path.substr(service->name.size() + 2);
}

CallMetrics::CallMetrics(const rpc::ServiceTable& services, std::span<MethodMetrics> rows) : services_(services) {
  std::size_t used = 0;
  for (const rpc::Service& service : services.services()) {
    for (const rpc::Method& method : service.methods) {
      if (used + 1 >= rows.size() || method.path.size() > kMostPathBytes) continue;
      auto* const row = new (&rows[used++]) MethodMetrics;
      row->service = &service;
      row->method = &method;
    }
  }
  new (&rows[used++]) MethodMetrics;
  rows_ = rows.first(used);
}

MethodMetrics& CallMetrics::row(const rpc::Method* method) const {
  for (MethodMetrics& row : rows_.first(rows_.size() - 1)) {
    if (row.method == method) return row;
  }
  return rows_.back();
}

bool CallMetrics::note_start(const rpc::Method* method) {
  MethodMetrics& of_method = row(method);
  ++of_method.started;
  return of_method.method == method;
}

void CallMetrics::note_end(const rpc::Method* method, rpc::StatusCode code, Time since, Time now) {
  MethodMetrics& of_method = row(method);
  ++of_method.ended[std::min<std::size_t>(static_cast<std::size_t>(code), kStatusCodes - 1)];
  if (since != now) return lean::count(of_method, now - since, 1);
  if (of_method.in_turn++ != 0) return;
  of_method.next_in_turn = std::exchange(in_turn_, &of_method);
}

void CallMetrics::end_turn(Time time) {
  while (in_turn_ != nullptr) {
    MethodMetrics& row = *std::exchange(in_turn_, in_turn_->next_in_turn);
    lean::count(row, time, std::exchange(row.in_turn, 0));
  }
}

}  // namespace mote::lean
