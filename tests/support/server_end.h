// The server's end of a connection for tests. Each buffer has exactly the size that it needs, so that AddressSanitizer detects
// accesses outside.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "hpack/encoder.h"
#include "http2/server/server_connection.h"
#include "support/connection_end.h"
#include "support/frame_script.h"
#include "support/recording_events.h"

namespace mote::test {

class ServerEnd : public ConnectionEnd<ServerEnd> {
 public:
  static constexpr std::size_t kTableBytes = 768;

  explicit ServerEnd(const http2::ConnectionLimits& chosen = {}, std::size_t room_bytes = 65536)
      : limits(chosen),
        table_(kTableBytes, 0xcc),
        table_reserve_(http2::kDefaultHeaderTableBytes, 0xcc),
        scratch_(std::max(chosen.header_bytes, http2::kDefaultHeaderTableBytes), 0xa5),
        buffer_(room_bytes, 0xcc),
        out(buffer_),
        connection(limits, events, table_, table_reserve_) {}

  http2::ConnectionLimits limits;
  RecordingEvents events;

 private:
  std::vector<std::uint8_t> table_;
  std::vector<std::uint8_t> table_reserve_;
  std::vector<std::uint8_t> scratch_;
  std::vector<std::uint8_t> buffer_;
  Octets unread_;

 public:
  ByteWriter out;
  http2::ServerConnection connection;

  void start() { connection.start(out); }
  ByteWriter& writer() { return out; }

  // Passes on the bytes that were not processed before, and these. Returns the number of bytes that are not processed yet.
  std::size_t feed(const Octets& bytes) {
    unread_ = std::move(unread_) + bytes;
    const Octets in(unread_);
    const std::size_t taken = connection.receive(in, scratch_, out);
    unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(taken));
    const MutableBytes free = MutableBytes(scratch_).subspan(connection.pending_scratch_bytes());
    std::ranges::fill(free.first(std::min<std::size_t>(free.size(), 256)), std::uint8_t{0xa5});
    return unread_.size();
  }
  std::size_t feed(const FrameScript& script) { return feed(script.bytes()); }

  // The events since the last call, one line each.
  std::vector<std::string> received() { return std::exchange(events.lines, {}); }
  // Only the events that start with this text.
  std::vector<std::string> received(std::string_view start) {
    std::vector<std::string> all = received();
    std::erase_if(all, [start](const std::string& line) { return !line.starts_with(start); });
    return all;
  }

  http2::Stream& stream(http2::StreamId id) { return *events.streams.at(id); }
  [[nodiscard]] bool has_stream(http2::StreamId id) const { return events.streams.contains(id); }

  bool send_headers(http2::StreamId id, const Block& block, bool end) {
    const bool sent = connection.send_headers(stream(id), block.bytes(), end, out);
    events.remove_if_closed(id);
    return sent;
  }
  // Returns the number of bytes that the windows and the writer allowed.
  std::size_t send_data(http2::StreamId id, std::string_view text, bool end) {
    const std::size_t size = fill(connection.data_place(stream(id), out), text);
    connection.send_data(stream(id), size, end && size == text.size(), out);
    events.remove_if_closed(id);
    return size;
  }
  void reset(http2::StreamId id, http2::ErrorCode code) {
    connection.reset(stream(id), code, out);
    events.streams.erase(id);
  }
};

// A server that has received the client's preface, SETTINGS and their acknowledgement. Events and output up to here are cleared.
struct ReadyServer : ServerEnd {
  explicit ReadyServer(const http2::ConnectionLimits& chosen = {}, std::size_t room_bytes = 65536)
      : ServerEnd(chosen, room_bytes) {
    start();
    feed(hello().settings_ack());
    received();
    sent();
  }
  // A request without END_STREAM.
  void open(http2::StreamId id) {
    feed(FrameScript().headers(id, request()));
    received();
    sent();
  }
};

}  // namespace mote::test
