// Flow control (RFC 9113 6.9): WINDOW_UPDATE and the receive windows. window.h has the send windows and their overflow.
#include "http2/server/server_connection.h"

namespace mote::http2 {

namespace {

// A window that is granted without it would never reach the peer.
bool has_room_for_update(const ByteWriter& out) {
  return out.room() >= kFrameHeaderBytes + kWindowUpdateBytes;
}

}  // namespace

void ServerConnection::take_window_update(std::uint32_t increment, ByteWriter& out) {
  if (!provoked_.take_update()) spend_idle_frame(out);
  if (failed()) return;
  Stream* stream = frame_.stream == 0 ? nullptr : find_stream();
  if (frame_.stream != 0 && stream == nullptr) {
    if (ids_.idle(frame_.stream)) return fail(Fault::IdleUpdate, out);
    // A closed stream has no window that could overflow, but an increment of 0 is an error in every state.
    if (increment == 0) closed_stream_error(frame_.stream, code_of(Fault::UpdateOfZero), out);
    return;
  }
  SendWindow& window = stream == nullptr ? send_window_ : stream->send_window;
  const bool overflow = !window.change(static_cast<std::int32_t>(increment));
  if (increment == 0 || overflow) {
    const Fault fault = overflow ? Fault::WindowOverflow : Fault::UpdateOfZero;
    if (stream != nullptr) return stream_error(*stream, code_of(fault), out);
    return fail(fault, out);
  }
  events_.on_window(stream);
}

bool ServerConnection::grant(Stream& stream, std::uint32_t size, ByteWriter& out) {
  if (stream.remote_closed || size == 0) return true;
  if (!has_room_for_update(out)) return false;
  write_window_update(out, stream.id, size);
  stream.receive_window_bytes += static_cast<std::int32_t>(size);
  return true;
}

// Of the connection's window, in steps of half of it.
void ServerConnection::refill_connection_window(std::int32_t size, ByteWriter& out) {
  constexpr std::int32_t kStepBytes = kDefaultWindowBytes / 2;
  received_bytes_ += size;
  if (received_bytes_ < kStepBytes || large_windows()) return;
  grant_connection(static_cast<std::uint32_t>(received_bytes_), out);
}

bool ServerConnection::grant_connection(std::uint32_t size, ByteWriter& out) {
  if (!has_room_for_update(out)) return false;
  write_window_update(out, 0, size);
  received_bytes_ -= static_cast<std::int32_t>(size);
  return true;
}

bool ServerConnection::large_windows() const {
  const auto small = static_cast<std::int32_t>(limits_.stream_window_bytes);
  return announces_large_windows() || (settings_.acknowledged() && settings_.window_in_force_bytes() > small);
}

// Our SETTINGS_INITIAL_WINDOW_SIZE also applies to the streams that are open (RFC 9113 6.9.2).
void ServerConnection::change_receive_windows(std::int32_t change) {
  for (Stream* stream = streams_.first(); stream != nullptr; stream = stream->next)
    stream->receive_window_bytes += change;
}

// Go's net/http may reserve window for DATA, then acknowledge our SETTINGS, and then send the DATA. A stream that was open at
// the acknowledgement may therefore use what its larger window allowed, beyond RFC 9113 6.9.2.
bool ServerConnection::within_larger_window(const Stream& stream, std::int32_t size) const {
  return size <= stream.receive_window_bytes + settings_.window_lost_bytes(stream.id);
}

}  // namespace mote::http2
