// station.Station (station.proto).
#pragma once

#include <sys/syscall.h>

#include <array>
#include <cstdint>
#include <string>

#include "adder.h"
#include "station.mote.h"

namespace station {

class Station : public StationService<Station> {
 public:
  // docs/services.md describes what threads need.
  static constexpr long kCalls[] = {
      SYS_clone3,       SYS_rseq, SYS_sched_getaffinity, SYS_sched_yield, SYS_futex,
#ifdef SYS_futex_time64
      SYS_futex_time64,
#endif
  };
  static constexpr mote::rpc::Needs kNeeds = {.system_calls = kCalls};

  Station() = default;
  ~Station();
  Station(const Station&) = delete;
  Station& operator=(const Station&) = delete;

  void settings(mote::Settings& settings);
  const char* on_start(mote::Loop& loop);

  struct Watch : WatchCall {
    void on_message(const WatchRequest& in);
    void on_ready();
  };

  struct Sum : SumCall {
    void on_message(const SumRequest& in);
    void on_ready();

   private:
    std::uint32_t job_ = 0;
  };

 private:
  // An outcome without heap, to hand over.
  struct Added {
    std::uint32_t job = 0;
    double sum = 0;
    std::array<char, 64> error{};  // Ends with a NUL. Empty: there is a sum.
  };
  static constexpr std::size_t kAdded = 64;

  void on_pipe(std::uint32_t events);
  void on_tick();
  void hand_over(const Adder::Outcome& outcome);
  void on_added(const Added& added);

  std::string pipe_path_;
  std::uint32_t tick_ms_ = 10;
  mote::Loop* loop_ = nullptr;
  mote::Descriptor pipe_ = mote::Descriptor::calls<&Station::on_pipe>(*this);
  mote::Timer tick_ = mote::Timer::calls<&Station::on_tick>(*this);
  mote::Handover<Added, kAdded> handover_ = mote::Handover<Added, kAdded>::calls<&Station::on_added>(*this);

  std::string unfinished_;  // The last line of the pipe, without its end.
  std::string line_;
  std::uint32_t ticks_ = 0;
  mote::Event changed_;
  // The last outcomes, each at its number modulo their count.
  std::array<Added, kAdded> added_{};
  mote::Event summed_;
  Adder adder_{[this](const Adder::Outcome& outcome) { hand_over(outcome); }};
};

}  // namespace station
