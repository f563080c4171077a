// plant.v1.Telemetry (telemetry.proto).
#pragma once

#include <array>
#include <cstdint>

#include "plant.h"
#include "telemetry.mote.h"

namespace plant {

class Telemetry : public v1::TelemetryService<Telemetry> {
 public:
  explicit Telemetry(Plant& plant) : plant_(plant) {}

  // Configuration keys.
  void settings(mote::Settings& settings);
  // Starts the timer of the simulated device.
  const char* on_start(mote::Loop& loop);

  mote::Status Configure(mote::Call& call, const v1::ConfigureRequest& in, v1::ConfigureReply& out);

  struct Report : ReportCall {
    void on_message(const v1::ReportRequest& in);
    void on_half_close() { finish({.readings = readings_}); }

   private:
    std::uint32_t readings_ = 0;
  };

  struct Watch : WatchCall {
    void on_message(const v1::WatchRequest& in);
    void on_ready();

   private:
    Text<32> device_;
    std::uint64_t next_ = 0;    // The number of the next reading.
    std::uint64_t missed_ = 0;  // Since the last reply.
  };

  struct Control : ControlCall {
    void on_message(const v1::ControlRequest& in);
    void on_half_close() { finish(); }
  };

 private:
  void simulate();

  Plant& plant_;
  std::uint32_t max_devices_ = Plant::kMostDevices;
  std::uint32_t simulate_ms_ = 0;
  std::array<mote_bytes, Plant::kMostDevices> names_{};  // For a reply, which is sent after Configure() returns.
  mote::Loop* loop_ = nullptr;
  mote::Timer tick_ = mote::Timer::calls<&Telemetry::simulate>(*this);
};

}  // namespace plant
