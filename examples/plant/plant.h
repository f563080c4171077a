// The state of the plant: its devices and their latest readings, in fixed memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/bytes.h"
#include "mote/rpc/event.h"
#include "telemetry.names.h"

namespace plant {

// A copy of a text, cut to `room` bytes.
template <std::size_t room>
class Text {
 public:
  void assign(const mote_bytes& text) { size_ = mote_bytes_copy(&text, chars_.data(), chars_.size()); }
  [[nodiscard]] bool is(const mote_bytes& text) const { return mote_bytes_equal(&text, chars_.data(), size_); }
  [[nodiscard]] mote_bytes bytes() const { return mote_bytes_of(chars_.data(), size_); }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  std::array<char, room> chars_{};
  std::size_t size_ = 0;
};

struct Device {
  Text<32> name;
  std::uint32_t interval_ms = 1000;
};

// A reading with its texts, which outlives its request.
class StoredReading {
 public:
  void store(const mote_bytes& device, const v1::Reading& reading);
  [[nodiscard]] mote_bytes device() const { return device_.bytes(); }
  [[nodiscard]] bool is_of(const mote_bytes& device) const { return device_.is(device); }
  // Points into this object.
  [[nodiscard]] v1::Reading reading() const;

 private:
  Text<32> device_;
  v1::Reading reading_{};  // Without its texts.
  Text<64> text_;
  Text<64> note_;
};

class Plant {
 public:
  static constexpr std::size_t kMostDevices = 64;
  static constexpr std::size_t kKeptReadings = 256;

  // The device of that name, or null.
  Device* find(const mote_bytes& name);
  // A new device; null if there are `most` already.
  Device* add(const mote_bytes& name, std::size_t most);
  // False: there is no device of that name.
  bool forget(const mote_bytes& name);
  [[nodiscard]] std::span<const Device> devices() const { return std::span(devices_).first(device_count_); }

  // Stores a reading and notifies `changed`.
  void add(const mote_bytes& device, const v1::Reading& reading);
  // Readings are numbered from 0. The next reading gets the number end(); those before first() were overwritten.
  [[nodiscard]] std::uint64_t first() const { return end_ < kKeptReadings ? 0 : end_ - kKeptReadings; }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] const StoredReading& reading(std::uint64_t number) const { return readings_[number % kKeptReadings]; }

  mote::rpc::Event changed;

 private:
  std::array<Device, kMostDevices> devices_{};
  std::size_t device_count_ = 0;
  std::array<StoredReading, kKeptReadings> readings_{};
  std::uint64_t end_ = 0;
};

}  // namespace plant
