// What the peer of one connection may send for free because we caused it: answers to our frames, and frames that were under
// way when we ended a stream. All other frames without progress spend a budget (ConnectionLimits).
//
// The credit is counted per connection, not per stream, so that a closed stream needs no record. It bounds the work that a
// peer can cause for free: kUpdates + 1 frames for each frame that we sent and one for every 256 bytes of DATA; for each stream
// that we ended early, the DATA that its window allowed and one end of the request. Unused credit is capped, so that it
// cannot be saved up for a flood.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "http2/constants.h"

namespace mote::http2 {

class ProvokedFrames {
 public:
  // PINGs that the peer may have in reserve. More of our frames than this are hardly in flight at once.
  static constexpr std::uint32_t kMostPings = 65'536;
  // For one frame of ours: WINDOW_UPDATEs for its stream and for the connection, as the peer receives and as it reads, and
  // a late RST_STREAM.
  static constexpr std::uint32_t kUpdates = 5;
  // A peer that reads DATA in pieces may send both WINDOW_UPDATEs for each piece: two for 512 bytes. TCP over Ethernet
  // delivers pieces of 1,460 bytes, the smallest IPv4 path pieces of 536.
  static constexpr unsigned kBytesForUpdateShift = 8;
  // So many bytes in pieces that are small because the peer's window is count as one frame. A peer whose window ends a few bytes
  // before a message may send its two WINDOW_UPDATEs for such a piece; one that opens its window by one byte at a time may not.
  static constexpr std::uint32_t kBytesOfSmallPieces = 16;

  // --- What we did ---

  // Sent HEADERS, DATA or RST_STREAM.
  void sent() { sent(0); }
  // DATA of so many bytes.
  void sent(std::size_t bytes) {
    if (pings_ < kMostPings) ++pings_;
    updates_ = std::min(updates_ + kUpdates + static_cast<std::uint32_t>(bytes >> kBytesForUpdateShift),
                        kMostPings * kUpdates);
  }
  // DATA of so few bytes because the peer opened no more of a window.
  void sent_small_piece(std::size_t bytes) {
    small_pieces_ = static_cast<std::uint8_t>(small_pieces_ + bytes);
    if (small_pieces_ < kBytesOfSmallPieces) return;
    small_pieces_ = static_cast<std::uint8_t>(small_pieces_ - kBytesOfSmallPieces);
    sent();
  }
  void sent_ping() { add(acks_, 1); }
  // Ended a stream before its request ended. The peer may still send `window_bytes` of DATA, and the end of the request.
  // At most `streams` such streams can have frames under way: the peer counts a stream as open until it knows of its end.
  void ended_early(std::int32_t window_bytes, std::uint32_t streams) {
    const std::uint32_t most = streams * static_cast<std::uint32_t>(kDefaultWindowBytes);
    const auto bytes = static_cast<std::uint32_t>(std::max<std::int32_t>(window_bytes, 0));
    if (late_bytes_ < most) late_bytes_ += std::min(bytes, most - late_bytes_);
    add(late_ends_, 1);
  }
  // Sent GOAWAY. The peer may have opened `streams` more before it knows of that.
  void sent_goaway(std::uint32_t streams) { add(late_streams_, streams); }

  // --- What the peer sent. True: it is free ---

  // Bandwidth estimation sends a PING for what it receives (gRPC's BDP probe).
  [[nodiscard]] bool take_ping() { return take(pings_); }
  [[nodiscard]] bool take_ping_ack() { return take(acks_); }
  // WINDOW_UPDATE, or RST_STREAM on a stream that is closed.
  [[nodiscard]] bool take_update() { return take(updates_); }
  // DATA of a stream that we ended early. Without bytes it is the end of the request.
  [[nodiscard]] bool take_late_data(std::uint32_t bytes) {
    if (bytes == 0) return take(late_ends_);
    if (bytes > late_bytes_) return false;
    late_bytes_ -= bytes;
    return true;
  }
  [[nodiscard]] bool take_late_trailers() { return take(late_ends_); }
  // A request behind our GOAWAY.
  [[nodiscard]] bool take_late_stream() { return take(late_streams_); }

 private:
  template <class Count>
  static bool take(Count& left) {
    if (left == 0) return false;
    --left;
    return true;
  }
  static void add(std::uint16_t& left, std::uint32_t amount) {
    left = static_cast<std::uint16_t>(std::min<std::uint32_t>(left + amount, UINT16_MAX));
  }

  std::uint32_t pings_ = 0;
  std::uint32_t updates_ = 0;
  std::uint32_t late_bytes_ = 0;
  std::uint16_t late_ends_ = 0;
  std::uint16_t late_streams_ = 0;
  std::uint16_t acks_ = 0;
  std::uint8_t small_pieces_ = 0;  // Bytes of them that have not counted yet: fewer than kBytesOfSmallPieces.
};

}  // namespace mote::http2
