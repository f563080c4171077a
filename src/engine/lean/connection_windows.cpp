// The large windows of a Connection (large_windows.h), and how it refills its own window while it has them.
#include <algorithm>

#include "engine/lean/connection.h"

namespace mote::lean {

namespace {

// A WINDOW_UPDATE for less than `refill_bytes` is not worth its bytes. A promise has so many more than the window.
struct Window {
  std::int32_t bytes;
  std::int32_t refill_bytes;
  std::uint32_t promise;
};

constexpr Window kLarge = {http2::kLargeWindowBytes, 4096, PoolAside::kPromise};
static_assert(kLarge.promise * BlockPool::kSmallBytes >=
              static_cast<std::uint32_t>(kLarge.bytes + kLarge.refill_bytes));

Window upload_window(const Core& core) {
  return {static_cast<std::int32_t>(core.limits.upload_window_bytes), PoolAside::kUploadRefillBytes,
          core.blocks_aside.upload_promise()};
}

}  // namespace

void Connection::take_large_window(bool needed) {
  const engine::Limits& limits = core_.limits;
  const std::size_t most = std::size_t{grpc_http2::kMessagePrefixBytes} + limits.max_message_bytes;
  if (limits.large_windows == 0 || limits.stream_window_bytes >= std::min<std::size_t>(most, http2::kLargeWindowBytes))
    return;
  // What is left of an upload window exceeds the promise.
  if (http2_.receive_window_bytes() > kLarge.bytes) return;
  core_.large_windows.take(*this, core_, needed);
}

void Connection::note_window_wait() {
  note_limit(engine::LimitId::LargeWindows);
  if (!http2_.may_announce() || http2_.large_windows() || http2_.goaway_sent() || share_.promised()) return;
  if (!window_crowded || open_calls() == 1) take_large_window(true);
}

void Connection::take_upload_window() {
  uploads_alone = uploads_alone || open_calls() == 1;
  if (engine::usable_upload_windows(core_.limits) == 0 || !share_.promised() || share_.enlarged()) return;
  core_.large_windows.take_upload(*this, core_);
  if (!share_.enlarged()) note_limit(engine::LimitId::UploadWindows);
}

void Connection::give_up_upload_window() {
  upload_asked_for = true;
  run_next_turn();
}

std::int32_t Connection::window_behind_message(std::size_t bytes) const {
  if (bytes > http2::kLargeWindowBytes && has_upload_window()) return upload_window(core_).bytes;
  return http2_.announces_large_windows() ? kLarge.bytes : static_cast<std::int32_t>(core_.limits.stream_window_bytes);
}

// For a stream before any WINDOW_UPDATE. Many messages at once would use all of the connection's window before they are admitted, so
// only a connection whose messages come one at a time may begin with more than a large window. It is a quarter of an upload window for
// those that come at once nevertheless.
std::uint32_t Connection::window_to_announce() const {
  if (!share_.promised() || window_asked_for) return core_.limits.stream_window_bytes;
  const std::uint32_t quarter = core_.limits.upload_window_bytes / 4;
  const bool larger = has_upload_window() && uploads_alone && quarter > http2::kLargeWindowBytes + 1;
  return larger ? quarter : http2::kLargeWindowBytes;
}

void Connection::give_up_window() {
  window_asked_for = share_.promised();
  run_next_turn();
}

// Announces the windows that the connection should have, if its peer has acknowledged the last ones. The promise ends with the
// last message that was sent for it.
void Connection::update_large_windows() {
  if (http2_.failed()) return;
  const std::uint32_t window = window_to_announce();
  const bool keeps = window > core_.limits.stream_window_bytes;
  if (out_.room() < http2::kControlReserveBytes) {
    if (unsent_.empty()) run_next_turn();
    return;
  }
  if (window != http2_.announced_window_bytes() && http2_.may_announce()) http2_.announce_windows(window, out_);
  if (window_asked_for && !http2_.large_windows() && share_.nothing_aside() && streams_fit_small_windows())
    core_.large_windows.remove(*this);
  if (keeps) refill_window(false);
}

// So that one send takes both.
void Connection::refill_window_in_front_of_replies() {
  if (waiting_.empty() || !share_.promised() || window_asked_for || !http2_.announces_large_windows()) return;
  if (!http2_.failed()) refill_window(true);
}

// SETTINGS do not end what an upload window has granted to a stream.
bool Connection::streams_fit_small_windows() const {
  const auto small = static_cast<std::int32_t>(core_.limits.stream_window_bytes);
  for (const http2::Stream* stream = http2_.first_stream(); stream != nullptr; stream = stream->next) {
    if (static_cast<const StreamCall&>(*stream).window_ahead() > small) return false;
  }
  return true;
}

// Whether a WINDOW_UPDATE can wait for the next bytes of a message: soon after the last one, and while its peer may send much. Over
// links it is sent at once, but a fast peer would get one for each read.
bool Connection::may_grant_later(std::int32_t window, std::int32_t most) const {
  constexpr std::uint32_t kSoonUs = 1000;
  if (static_cast<std::uint32_t>(core_.now.count()) - granted_us_ >= kSoonUs || window < most / 2) return false;
  for (const http2::Stream* stream = http2_.first_stream(); stream != nullptr; stream = stream->next) {
    if (static_cast<const StreamCall&>(*stream).rest_to_come()) return true;
  }
  return false;
}

// The window is at most what the pool promises beyond the messages that wait for memory. Replies that their peers are about to
// read may use the memory of other promises for a moment. If messages that wait have used all of the window, those that are
// admitted cannot go on: large windows are of no use to many large messages at once. Where replies follow, what is missing is looked
// at behind them, because they release memory.
void Connection::refill_window(bool replies_follow) {
  const std::int32_t window = http2_.receive_window_bytes();
  if (upload_asked_for && share_.could_reduce_promise() && window <= share_.left_of(kLarge.promise))
    core_.large_windows.end_upload(*this);
  const Window wanted = has_upload_window() ? upload_window(core_) : kLarge;
  if (window >= wanted.bytes || may_grant_later(window, wanted.bytes)) return;
  std::int32_t most = share_.left_of(wanted.promise);
  bool waits = false;
  for (const http2::Stream* stream = http2_.first_stream(); stream != nullptr; stream = stream->next) {
    const auto& call = static_cast<const StreamCall&>(*stream);
    most += call.window_beside_promise();
    waits = waits || call.memory_link.linked;
  }
  const bool enough = most - window >= wanted.refill_bytes;
  if (enough && core_.blocks.free_small() >= wanted.promise) {
    if (http2_.grant_connection(static_cast<std::uint32_t>(most - window), out_))
      granted_us_ = static_cast<std::uint32_t>(core_.now.count());
    return;
  }
  if (replies_follow) return;
  if (!enough) {
    window_crowded = waits && window < kLarge.refill_bytes;
    if (window_crowded) core_.large_windows.ask(*this, core_);
  } else if (has_upload_window()) {
    core_.large_windows.ask_upload_for_memory(*this, core_);
  } else {
    core_.large_windows.ask_for_memory(*this, core_);
  }
}

}  // namespace mote::lean
