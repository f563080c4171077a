// SETTINGS (RFC 9113 6.5): the values and their errors, the acknowledgement, and the effect on open streams.
#include <array>

#include "http2/server/server_connection.h"

namespace mote::http2 {

std::optional<Fault> SettingsExchange::take(const Setting& setting) {
  const std::uint32_t value = setting.value;
  switch (setting.id) {
    case SettingId::EnablePush:
      if (value > 1) return Fault::EnablePush;
      break;
    case SettingId::InitialWindowSize:
      if (value > kMaxWindowBytes) return Fault::InitialWindow;
      next_initial_window_bytes_ = static_cast<std::int32_t>(value);
      break;
    case SettingId::MaxFrameSize:
      if (value < kDefaultMaxFrameBytes || value > kMaxMaxFrameBytes) return Fault::MaxFrameSize;
      max_frame_bytes_ = value;
      break;
    case SettingId::HeaderTableSize:       // Our encoder uses no table.
    case SettingId::MaxConcurrentStreams:  // We open none.
    case SettingId::MaxHeaderListSize:     // Advice; the requests that we accept bound what we send.
      break;
  }
  return std::nullopt;
}

void ServerConnection::begin_settings(ByteWriter& out) {
  const bool awaited_ack = has(frame_, kAck) && settings_.awaits_acknowledgement();
  if (settings_.received() && !awaited_ack) spend_idle_frame(out);
  settings_.begin_frame();
  if (!awaited_ack) return;
  if (!settings_.acknowledged()) decoder_.set_max_table_bytes(limits_.header_table_bytes);
  if (const std::int32_t smaller = settings_.acknowledge(ids_.last()); smaller != 0) {
    change_receive_windows(-smaller);
    refill_connection_window(0, out);
  }
  events_.on_settings_ack();
}

void ServerConnection::announce_windows(std::uint32_t bytes, ByteWriter& out) {
  change_receive_windows(settings_.announce(static_cast<std::int32_t>(bytes)));
  const std::array settings{Setting{SettingId::InitialWindowSize, bytes}};
  write_settings(out, settings);
}

void ServerConnection::take_settings(ByteReader& in, ByteWriter& out) {
  while (payload_left_ != 0 && in.remaining() >= kSettingBytes) {
    payload_left_ -= kSettingBytes;
    const std::optional<Fault> fault = settings_.take(read_setting(in));
    if (fault) return fail(*fault, out);
  }
}

void ServerConnection::end_settings(ByteWriter& out) {
  const std::int32_t change = settings_.apply();
  for (Stream* stream = streams_.first(); stream != nullptr && change != 0; stream = stream->next) {
    if (!stream->send_window.change(change)) return fail(Fault::WindowOverflow, out);
  }
  write_settings_ack(out);
  if (change > 0) events_.on_window(nullptr);
}

}  // namespace mote::http2
