// The streams that were reset last. A closed stream has no record, but its late frames are treated by who reset it: frames on
// a stream that we reset may have been in flight and are discarded; the peer itself must send none after its RST_STREAM (RFC
// 9113 5.1, "closed"). What a peer may spend on resets is in flood_budget.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "http2/constants.h"

namespace mote::http2 {

class RecentResets {
 public:
  void add_ours(StreamId id) { add(id); }
  void add_peers(StreamId id) { add(id | kByPeer); }

  // Whether the peer reset the stream. The caller then resets it as well, so that it counts as ours from here on.
  [[nodiscard]] bool take_peers(StreamId id) {
    for (StreamId& entry : entries_) {
      if (entry != (id | kByPeer)) continue;
      entry = id;
      return true;
    }
    return false;
  }

  // Whether we may have reset the stream. True for every stream below one of ours that was overwritten.
  [[nodiscard]] bool ours(StreamId id) const {
    for (const StreamId entry : entries_) {
      if (entry == id) return true;
    }
    return id <= highest_overwritten_;
  }

 private:
  static constexpr std::size_t kEntries = 8;
  static constexpr StreamId kByPeer = 0x80000000;  // Ids have 31 bits.

  void add(StreamId id) {
    StreamId& entry = entries_[next_];
    if ((entry & kByPeer) == 0 && entry > highest_overwritten_) highest_overwritten_ = entry;
    entry = id;
    next_ = (next_ + 1) % kEntries;
  }

  std::array<StreamId, kEntries> entries_{};
  StreamId highest_overwritten_ = 0;
  std::uint8_t next_ = 0;
};

}  // namespace mote::http2
