#include "plant.h"

#include <algorithm>

#include "mote/list.h"

namespace plant {

void StoredReading::store(const mote_bytes& device, const v1::Reading& reading) {
  device_.assign(device);
  reading_ = reading;
  if (reading.which_value == plant_v1_Reading_text_tag) text_.assign(reading.value.text);
  note_.assign(reading.note.value);
}

v1::Reading StoredReading::reading() const {
  v1::Reading reading = reading_;
  if (reading.which_value == plant_v1_Reading_text_tag) reading.value.text = text_.bytes();
  reading.note.value = note_.bytes();
  return reading;
}

Device* Plant::find(const mote_bytes& name) {
  const auto device = std::find_if(devices_.begin(), devices_.begin() + static_cast<std::ptrdiff_t>(device_count_),
                                   [&name](const Device& other) { return other.name.is(name); });
  return device == devices_.begin() + static_cast<std::ptrdiff_t>(device_count_) ? nullptr : &*device;
}

Device* Plant::add(const mote_bytes& name, std::size_t most) {
  if (device_count_ >= std::min(most, devices_.size())) return nullptr;
  Device& device = devices_[device_count_++];
  device = {};
  device.name.assign(name);
  return &device;
}

bool Plant::forget(const mote_bytes& name) {
  Device* const device = find(name);
  if (device == nullptr) return false;
  *device = devices_[--device_count_];
  return true;
}

void Plant::add(const mote_bytes& device, const v1::Reading& reading) {
  readings_[end_++ % kKeptReadings].store(device, reading);
  changed.notify();
}

}  // namespace plant
