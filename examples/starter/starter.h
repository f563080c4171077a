// starter.v1.Starter (starter.proto). Its state is in fixed memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/rpc/event.h"
#include "starter.mote.h"

namespace starter {

class Starter : public v1::StarterService<Starter> {
 public:
  static constexpr std::size_t kMostNameBytes = 32;
  static constexpr std::size_t kKeptValues = 64;

  // A configuration key: max-value.
  void settings(mote::Settings& settings);

  mote::Status Report(mote::Call& call, const v1::ReportRequest& in, v1::ReportReply& out);

  struct Watch : WatchCall {
    void on_message(const v1::WatchRequest& in);
    // Sends the values since the last time. mote calls it after changed_.notify(), once the client has room.
    void on_ready();

   private:
    std::uint64_t next_ = 0;    // The number of the next value.
    std::uint64_t missed_ = 0;  // Since the last reply.
  };

 private:
  struct Value {
    std::array<char, kMostNameBytes> name{};
    std::size_t name_bytes = 0;
    double value = 0;
  };

  // Values are numbered from 0; the next one gets the number end_.
  std::array<Value, kKeptValues> values_{};
  std::uint64_t end_ = 0;
  std::uint32_t max_value_ = 1000;
  mote::Event changed_;
};

}  // namespace starter
