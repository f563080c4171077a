#include "telemetry.h"

#include <algorithm>
#include <chrono>

namespace plant {

void Telemetry::settings(mote::Settings& settings) {
  settings.number("max-devices", max_devices_, 1, Plant::kMostDevices, "How many devices can be registered.");
  settings.number("simulate-ms", simulate_ms_, 0, 60'000,
                  "The interval of readings of a simulated device, in milliseconds; 0 for none.");
}

const char* Telemetry::on_start(mote::Loop& loop) {
  if (simulate_ms_ == 0) return nullptr;
  loop_ = &loop;
  loop.add(tick_);
  simulate();
  return nullptr;
}

void Telemetry::simulate() {
  tick_.wake_at(loop_->now() + std::chrono::milliseconds(simulate_ms_));
  v1::Reading reading{};
  reading.quantity = v1::TEMPERATURE;
  reading.which_value = plant_v1_Reading_number_tag;
  reading.value.number = 20.5;
  plant_.add(MOTE_TEXT("simulated"), reading);
}

mote::Status Telemetry::Configure(mote::Call& call, const v1::ConfigureRequest& in, v1::ConfigureReply& out) {
  if (mote_bytes_size(&in.device) == 0) return {mote::InvalidArgument, "a device needs a name"};
  Device* device = plant_.find(in.device);
  if (device == nullptr) device = plant_.add(in.device, max_devices_);
  if (device == nullptr) return call.fail(mote::ResourceExhausted, "no room for device ", in.device);
  if (in.has_interval_ms) device->interval_ms = in.interval_ms;
  out.device = in.device;
  out.interval_ms = device->interval_ms;
  const std::span<const Device> devices = plant_.devices();
  std::transform(devices.begin(), devices.end(), names_.begin(), [](const Device& each) { return each.name.bytes(); });
  out.devices = mote::list_of(std::span<const mote_bytes>(names_).first(devices.size()));
  return {};
}

void Telemetry::Report::on_message(const v1::ReportRequest& in) {
  if (service().plant_.find(in.device) == nullptr) return fail(mote::NotFound, "no device ", in.device);
  for (const v1::Reading& reading : in.readings) {
    service().plant_.add(in.device, reading);
    ++readings_;
  }
}

void Telemetry::Watch::on_message(const v1::WatchRequest& in) {
  device_.assign(in.device);
  next_ = service().plant_.end();
  wait_for(service().plant_.changed);
}

// Sends each reading since the last call. Counts the readings that were overwritten before they were sent.
void Telemetry::Watch::on_ready() {
  const Plant& plant = service().plant_;
  if (next_ < plant.first()) {
    missed_ += plant.first() - next_;
    next_ = plant.first();
  }
  while (next_ < plant.end() && !congested()) {
    const StoredReading& stored = plant.reading(next_++);
    if (!device_.empty() && !stored.is_of(device_.bytes())) continue;
    v1::WatchReply reply{};
    reply.device = stored.device();
    reply.has_reading = true;
    reply.reading = stored.reading();
    reply.missed = missed_;
    missed_ = 0;
    if (!send(reply)) return;
  }
}

void Telemetry::Control::on_message(const v1::ControlRequest& in) {
  v1::ControlReply reply{};
  reply.done = true;
  if (in.which_command == plant_v1_ControlRequest_forget_tag) {
    reply.done = service().plant_.forget(in.command.forget);
    if (!reply.done) reply.reason = mote_some(MOTE_TEXT("no such device"));
  } else if (in.which_command != plant_v1_ControlRequest_ping_tag) {
    reply.done = false;
    reply.reason = mote_some(MOTE_TEXT("no command"));
  }
  send(reply);
}

}  // namespace plant
