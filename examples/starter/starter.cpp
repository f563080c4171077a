#include "starter.h"

#include "mote/rpc/settings.h"

namespace starter {

void Starter::settings(mote::Settings& settings) {
  settings.number("max-value", max_value_, 1, 1'000'000, "The largest value that is stored.");
}

mote::Status Starter::Report(mote::Call& call, const v1::ReportRequest& in, v1::ReportReply& out) {
  const std::size_t name_bytes = mote_bytes_size(&in.device);
  if (name_bytes == 0 || name_bytes > kMostNameBytes)
    return {mote::InvalidArgument, "a device needs a name of 1 to 32 bytes"};
  if (in.value > max_value_) return call.fail(mote::OutOfRange, "too large a value of device ", in.device);
  Value& value = values_[end_++ % kKeptValues];
  value.name_bytes = mote_bytes_copy(&in.device, value.name.data(), value.name.size());
  value.value = in.value;
  changed_.notify();
  out.values = end_;
  return {};
}

void Starter::Watch::on_message(const v1::WatchRequest& /*in*/) {
  next_ = service().end_;
  wait_for(service().changed_);
}

void Starter::Watch::on_ready() {
  const Starter& starter = service();
  if (starter.end_ - next_ > kKeptValues) {
    missed_ += starter.end_ - next_ - kKeptValues;
    next_ = starter.end_ - kKeptValues;
  }
  while (next_ < starter.end_ && !congested()) {
    const Value& value = starter.values_[next_++ % kKeptValues];
    v1::WatchReply reply{};
    reply.device = mote_bytes_of(value.name.data(), value.name_bytes);
    reply.value = value.value;
    reply.missed = missed_;
    missed_ = 0;
    if (!send(reply)) return;
  }
}

}  // namespace starter
