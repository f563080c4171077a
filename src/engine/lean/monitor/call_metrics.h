// What the calls of each method did: how many began, how they ended, and how long they took.
//
// Times have the resolution of the loop, whose clock is read once a turn. A call that began and ended in one turn counts with the
// time from the start of that turn to its end, which end_turn() learns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/lean/timer_heap.h"
#include "mote/rpc/service_table.h"

namespace mote::lean {

inline constexpr std::size_t kStatusCodes = 17;

// Upper bounds of the buckets of times. A last bucket has what is above.
inline constexpr std::array<Time, 11> kLatencyBounds = {
    Time(100),     Time(250),     Time(1000),      Time(2500),      Time(10'000),    Time(25'000),
    Time(100'000), Time(250'000), Time(1'000'000), Time(2'500'000), Time(10'000'000)};

// The name of a row that has no method, and of its service.
inline constexpr std::string_view kOtherMethods = "other";

struct MethodMetrics {
  const rpc::Service* service =
      nullptr;  // nullptr: the row of all methods without one of their own, and of unknown ones.
  const rpc::Method* method = nullptr;
  std::uint64_t started = 0;
  std::array<std::uint64_t, kStatusCodes> ended{};
  std::array<std::uint64_t, kLatencyBounds.size() + 1> within{};  // Not cumulative.
  std::uint64_t total_us = 0;
  std::uint32_t in_turn = 0;  // Calls that began and ended in this turn.
  MethodMetrics* next_in_turn = nullptr;

  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::string_view service_name() const;
  [[nodiscard]] std::string_view method_name() const;
};

class CallMetrics {
 public:
  // Paths beyond this share a row too: a line of metrics has a fixed size.
  static constexpr std::size_t kMostPathBytes = 256;

  // A row for each method as far as `rows` suffice, and the last for all others. Uninitialised, at least one.
  // Cold: it runs once, and is smaller so.
  [[gnu::cold]] CallMetrics(const rpc::ServiceTable& services, std::span<MethodMetrics> rows);
  CallMetrics(const CallMetrics&) = delete;
  CallMetrics& operator=(const CallMetrics&) = delete;

  // A call of `method` began; nullptr: it is not served. False: the method has no row of its own (metrics-methods).
  bool note_start(const rpc::Method* method);
  // A call ended that began at `since`.
  void note_end(const rpc::Method* method, rpc::StatusCode code, Time since, Time now);
  // The turn took `time`.
  void end_turn(Time time);

  [[nodiscard]] std::span<const MethodMetrics> rows() const { return rows_; }

 private:
  [[nodiscard]] MethodMetrics& row(const rpc::Method* method) const;

  rpc::ServiceTable services_;
  std::span<MethodMetrics> rows_;
  MethodMetrics* in_turn_ = nullptr;
};

}  // namespace mote::lean
