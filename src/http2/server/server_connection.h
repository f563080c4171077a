// The server's end of one HTTP/2 connection (RFC 9113): bytes in, events and bytes out. No I/O, no clock, no heap. Push is
// refused; priority (RFC 9113 5.3.2) is ignored, except for a stream that depends on itself. The client's end is
// http2/client/client_connection.h.
//
// The owner reads bytes from anywhere and passes them to receive(); it sends what the ByteWriter has collected.
// Everything that may grow belongs to the owner: streams, the header table, buffers (see ConnectionEvents).
//
// ServerConnection has more than 40 functions because every frame type has its own: they share the frame at hand, the open streams
// and the budgets. Each mechanism has a file, with the RFC's name: preface, settings, headers, continuation, data,
// flow_control, ping, goaway, streams (reset, priority, stream errors) and flood_budget. What a mechanism remembers is a class of its own
// (settings_exchange.h, known_head.h, recent_resets.h, sent_goaway.h, stream_ids.h, stream_list.h, ../window.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "bytes/byte_reader.h"
#include "bytes/byte_writer.h"
#include "hpack/decoder.h"
#include "http2/budget.h"
#include "http2/constants.h"
#include "http2/fault.h"
#include "http2/field_rules.h"
#include "http2/frame.h"
#include "http2/server/connection_events.h"
#include "http2/server/connection_limits.h"
#include "http2/server/flood_budget.h"
#include "http2/server/header_block.h"
#include "http2/server/known_head.h"
#include "http2/server/provoked_frames.h"
#include "http2/server/recent_resets.h"
#include "http2/server/sent_goaway.h"
#include "http2/server/settings_exchange.h"
#include "http2/server/stream_ids.h"
#include "http2/server/stream_list.h"
#include "http2/server/turn_budget.h"
#include "http2/stream.h"
#include "http2/window.h"
#include "mote/span.h"

namespace mote::http2 {

// Room that send_headers() and data_place() leave in the writer, so that the control frames which one frame of the peer can
// cause (WINDOW_UPDATE, RST_STREAM, GOAWAY with its reason) always fit.
inline constexpr std::size_t kControlReserveBytes = 128;

// What a stream's window is until the peer acknowledges our first SETTINGS, and with large windows afterwards.
inline constexpr std::uint32_t kLargeWindowBytes = kDefaultWindowBytes;

class ServerConnection final : private hpack::FieldSink {
 public:
  // `table` and `table_reserve` hold the peer's header table (hpack/dynamic_table.h). The larger of them has at least
  // kDefaultHeaderTableBytes: the peer may use that much until it acknowledges our SETTINGS, whatever we announce (RFC
  // 9113 6.5.2). `limits`, `events` and both parts outlive this.
  ServerConnection(const ConnectionLimits& limits, ConnectionEvents& events, MutableBytes table,
                   MutableBytes table_reserve);
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  // Writes this end's connection preface (RFC 9113 3.4), which announces a window of ConnectionLimits::stream_window_bytes for each
  // stream, or a larger one. Call it before all others.
  void start(ByteWriter& out) { start(out, limits_.stream_window_bytes); }
  void start(ByteWriter& out, std::uint32_t window_bytes);

  // Processes bytes of the peer and returns how many. Pass the rest again, in front of the next bytes, when more has arrived
  // (it ends inside a frame's fixed part, at most 17 bytes) or, where out.room() is below kControlReserveBytes, when `out` has
  // been emptied.
  // `scratch` has header_bytes or more, and at least kDefaultHeaderTableBytes. Its first pending_scratch_bytes() bytes must be
  // unchanged at the next call.
  //
  // It stops before a frame when `turn` is spent: pass the rest again in a later turn. One header block may exceed what is
  // left of the turn, by at most header_excess times the limits of a block.
  std::size_t receive(Bytes bytes, MutableBytes scratch, ByteWriter& out, TurnBudget& turn);
  std::size_t receive(Bytes bytes, MutableBytes scratch, ByteWriter& out) {
    TurnBudget unlimited;
    return receive(bytes, scratch, out, unlimited);
  }
  [[nodiscard]] std::size_t pending_scratch_bytes() const { return decoder_.pending(); }

  // --- Streams, sending ---

  // Sends a field section, one encoded header block. False: no room, nothing was written. If this closes the stream on both
  // sides, the connection forgets it and the owner may reuse its storage.
  [[nodiscard]] bool send_headers(Stream& stream, Bytes block, bool end_stream, ByteWriter& out);
  // DATA bytes that windows and frame size allow in one frame now.
  [[nodiscard]] std::size_t sendable_bytes(const Stream& stream) const;
  // DATA in place: the caller fills the front of data_place() and passes the size to send_data().
  // The place is empty where windows or the writer leave no room; DATA of 0 bytes, to close the stream, needs no window.
  [[nodiscard]] MutableBytes data_place(const Stream& stream, const ByteWriter& out) const;
  void send_data(Stream& stream, std::size_t size, bool end_stream, ByteWriter& out);
  // Whether windows and the writer have room for so many bytes of DATA, in as many frames as they need.
  [[nodiscard]] bool fits(const Stream& stream, std::size_t size, const ByteWriter& out) const;
  // DATA that the owner sends from its own memory, with a header that it writes itself: counts a frame. All of them together have
  // at most window_bytes(), and each of them at most max_frame_bytes().
  void count_data(Stream& stream, std::size_t size);
  [[nodiscard]] std::size_t window_bytes(const Stream& stream) const {
    return http2::sendable_bytes(send_window_, stream.send_window);
  }
  [[nodiscard]] std::size_t max_frame_bytes() const { return settings_.max_frame_bytes(); }
  // Ends a stream with RST_STREAM; the owner may reuse its storage. on_reset() is not called.
  void reset(Stream& stream, ErrorCode code, ByteWriter& out);
  // Removes a stream and sends nothing, because the connection is over.
  void remove(Stream& stream) { unlink(stream); }
  // Resets a stream with REFUSED_STREAM for a limit that is not the peer's own: free up to ConnectionLimits::free_refusals. The
  // owner may reuse its storage. on_reset() is not called.
  void refuse(Stream& stream, ByteWriter& out);
  // The owner has refused a stream with a response. For a fault of the peer: costs a reset.
  void charge_refusal(ByteWriter& out) { spend_reset(out); }
  // For what the peer cannot know: costs the same as refuse().
  void charge_shared_refusal(ByteWriter& out);
  // Lets the peer send `size` more DATA bytes on the stream (WINDOW_UPDATE), unless it has ended the stream. The connection's
  // own window is refilled as bytes arrive: what a slow call holds must not stop the others. With large windows the owner
  // refills it (grant_connection()), because then it bounds what the peer may send. Both return false, and grant nothing, if `out`
  // has no room for the WINDOW_UPDATE.
  bool grant(Stream& stream, std::uint32_t size, ByteWriter& out);

  // --- The connection ---

  // Announces a window for each stream: ConnectionLimits::stream_window_bytes or a larger one. Larger windows are in force at once,
  // smaller ones when the peer acknowledges the SETTINGS. Call it only while may_announce().
  void announce_windows(std::uint32_t bytes, ByteWriter& out);
  [[nodiscard]] bool may_announce() const { return !settings_.awaits_acknowledgement() && !failed(); }
  // What our last SETTINGS announce.
  [[nodiscard]] std::uint32_t announced_window_bytes() const {
    return static_cast<std::uint32_t>(settings_.announced_window_bytes());
  }
  // Windows above ConnectionLimits::stream_window_bytes.
  [[nodiscard]] bool announces_large_windows() const { return announced_window_bytes() > limits_.stream_window_bytes; }
  // The peer knows of large windows and may still use them: its acknowledgement of others has not arrived.
  [[nodiscard]] bool large_windows() const;
  // DATA bytes that the peer may send, on all streams together.
  [[nodiscard]] std::int32_t receive_window_bytes() const {
    return static_cast<std::int32_t>(kDefaultWindowBytes) - received_bytes_;
  }
  bool grant_connection(std::uint32_t size, ByteWriter& out);
  void ping(std::uint64_t payload, ByteWriter& out);
  // The first half of a graceful end (RFC 9113 6.8): asks the peer to open no stream, and refuses none yet.
  void announce_goaway(std::string_view reason, ByteWriter& out) const;
  // The second half: streams above the last one seen are ignored from here on.
  void goaway(ErrorCode code, std::string_view reason, ByteWriter& out);
  // Ends the connection for a fault of the peer: GOAWAY, then on_connection_error(). After that receive() consumes all bytes
  // and does nothing.
  void fail(ErrorCode code, std::string_view reason, ByteWriter& out);

  // Refund the peer's budgets: by time, or for progress that it made.
  void refund_resets(std::uint32_t amount) { flood_budget_.resets.refund(amount, limits_.reset_budget); }
  void refund_refusals(std::uint32_t amount) { flood_budget_.refusals.refund(amount, limits_.free_refusals); }
  void refund_idle_frames(std::uint32_t amount) { flood_budget_.idle_frames.refund(amount, limits_.idle_frame_budget); }

  [[nodiscard]] bool failed() const { return phase_ == Phase::Failed; }
  [[nodiscard]] bool goaway_sent() const { return goaway_.sent(); }
  // The preface and the first SETTINGS of the peer have arrived.
  [[nodiscard]] bool established() const { return settings_.received(); }
  [[nodiscard]] bool settings_acknowledged() const { return settings_.acknowledged(); }
  // Bytes of a frame that are still to come, padding excluded; its windows are already charged for them.
  [[nodiscard]] std::uint32_t payload_left() const { return payload_left_; }
  // The same for DATA of `stream`.
  [[nodiscard]] std::uint32_t data_left(const Stream& stream) const {
    return frame_.type == FrameType::Data && current_ == &stream ? payload_left_ : 0;
  }
  // The open stream of the DATA frame at hand, or between frames, of the last one. nullptr if padding is still to come.
  [[nodiscard]] Stream* stream_of_data() const {
    return frame_.type == FrameType::Data && padding_left_ == 0 && phase_ <= Phase::Payload ? current_ : nullptr;
  }
  // Between frames, the last one.
  [[nodiscard]] const FrameHeader& frame_at_hand() const { return frame_; }
  // The owner has read `size` bytes of the DATA frame at hand itself: on_data() is not called for them. They end the frame only if it
  // does not end the stream.
  void skip_data(std::size_t size);
  // How many bytes are missing until the DATA frame ends that is incomplete at the end of `bytes`, which receive() has not
  // seen yet; 0 if no DATA frame is.
  [[nodiscard]] std::size_t data_missing(Bytes bytes) const;
  // The same for a frame of any type, or for its header if that is incomplete; 0 at the end of a frame.
  [[nodiscard]] std::size_t frame_missing(Bytes bytes) const;
  // The peer's header table has moved to its reserve.
  [[nodiscard]] bool table_in_reserve() const { return decoder_.table().in_reserve(); }
  [[nodiscard]] bool in_header_block() const { return block_.open(); }
  [[nodiscard]] Stream* first_stream() const { return streams_.first(); }
  [[nodiscard]] std::uint32_t stream_count() const { return streams_.count(); }
  [[nodiscard]] StreamId last_peer_stream() const { return ids_.last(); }

 private:
  enum class Phase : std::uint8_t { Preface, FrameHeader, Payload, Failed };
  // DATA of so few bytes counts as a frame without progress; the owner refunds more for a message that they complete.
  static constexpr std::uint32_t kTinyDataBytes = 8;

  struct Missing {
    std::size_t bytes = 0;
    bool of_data = false;
  };
  [[nodiscard]] Missing missing_behind(Bytes bytes) const;

  // Each returns whether to go on; false: more bytes or more room are needed, or the connection failed.
  bool take_preface(ByteReader& in, ByteWriter& out);
  bool take_frame_header(ByteReader& in, ByteWriter& out, TurnBudget& turn);
  bool take_payload(ByteReader& in, MutableBytes scratch, ByteWriter& out, TurnBudget& turn);

  bool check_frame(std::uint8_t rule, std::uint32_t fixed, ByteWriter& out);
  void begin_frame(ByteReader& in, ByteWriter& out);
  void end_frame(ByteWriter& out, TurnBudget& turn);
  void fail(Fault fault, ByteWriter& out);

  // data.cpp
  bool take_pad_length(ByteReader& in, ByteWriter& out);
  void begin_data(ByteReader& in, ByteWriter& out);
  void data_without_stream(ByteWriter& out);
  void count_sent(Stream& stream, std::uint32_t length, bool end_stream);
  // Returns how many bytes of the piece are left for the next turn.
  std::size_t take_data(Bytes piece) {
    if (current_ == nullptr) return 0;
    if (payload_left_ == 0 && padding_left_ == 0 && has(frame_, kEndStream)) current_->remote_closed = true;
    const std::size_t left = events_.on_data(*current_, piece);
    if (left != 0) current_->remote_closed = false;
    return left;
  }

  // continuation.cpp
  void begin_continuation(ByteWriter& out);

  // headers.cpp
  void begin_headers(ByteReader& in, ByteWriter& out);
  void begin_request(ByteWriter& out);
  void begin_trailers(ByteWriter& out);
  void begin_section(Stream& stream, SectionKind kind);
  void decode(Bytes piece, MutableBytes scratch, ByteWriter& out);
  [[nodiscard]] bool far_above_limits() const;
  bool decode_head(Bytes piece, MutableBytes scratch);
  bool decode_and_store(Bytes fields, MutableBytes scratch);
  void on_field(const hpack::HeaderField& field) override;
  void on_oversized_field() override;
  [[nodiscard]] bool count_field(std::uint32_t size_bytes);
  void past_limit(ConnectionLimit limit);
  void end_block(ByteWriter& out, TurnBudget& turn);
  void spend_block(TurnBudget& turn) const;
  void end_section(ByteWriter& out);
  void end_malformed_section(ByteWriter& out);
  void report_section(bool malformed);
  bool send_in_frames(const Stream& stream, Bytes block, std::uint8_t flags, ByteWriter& out);

  // settings.cpp
  void begin_settings(ByteWriter& out);
  void take_settings(ByteReader& in, ByteWriter& out);
  void end_settings(ByteWriter& out);

  // flow_control.cpp
  void take_window_update(std::uint32_t increment, ByteWriter& out);
  void refill_connection_window(std::int32_t size, ByteWriter& out);
  [[nodiscard]] bool within_larger_window(const Stream& stream, std::int32_t size) const;
  void change_receive_windows(std::int32_t change);

  // ping.cpp, goaway.cpp
  void take_ping(std::uint64_t payload, ByteWriter& out);
  void take_goaway(ByteReader& in, ByteWriter& out);

  // streams.cpp
  // The open stream of the frame at hand, or nullptr. Often it is that of the last frame.
  [[nodiscard]] Stream* find_stream() {
    const bool last = current_ != nullptr && current_->id == frame_.stream;
    return last ? current_ : events_.find_stream(frame_.stream);
  }
  void link(Stream& stream);
  void unlink(Stream& stream);
  void half_close();
  void close_local(Stream& stream) {
    stream.local_closed = true;
    if (stream.remote_closed) unlink(stream);
  }
  void take_priority(ByteReader& in, ByteWriter& out);
  void take_rst_stream(ErrorCode code, ByteWriter& out);
  bool reset_by_us(StreamId id) const { return recent_resets_.ours(id) || goaway_.ignores(id); }
  void stream_error(Stream& stream, ErrorCode code, ByteWriter& out);
  void closed_stream_error(StreamId id, ErrorCode code, ByteWriter& out);
  void refuse_stream(StreamId id, ByteWriter& out);
  void ended_early(StreamId id, std::int32_t window_bytes);

  // flood_budget.cpp
  void spend_reset(ByteWriter& out);
  void spend_idle_frame(ByteWriter& out);

  const ConnectionLimits& limits_;
  ConnectionEvents& events_;
  hpack::Decoder decoder_;
  FieldRules rules_;

  FrameHeader frame_{};             // The frame at hand; between frames it has no meaning.
  std::uint32_t payload_left_ = 0;  // Of the frame, padding excluded.
  std::uint8_t padding_left_ = 0;
  Phase phase_ = Phase::Preface;
  std::uint8_t preface_matched_ = 0;
  bool size_update_sent_ = false;

  // The stream of the DATA frame or header block at hand. Between them, the last one while it is open.
  Stream* current_ = nullptr;
  HeaderBlock block_;
  SettingsExchange settings_;
  KnownHead known_;

  StreamList streams_;
  StreamIds ids_;
  SentGoaway goaway_;
  RecentResets recent_resets_;

  SendWindow send_window_;
  std::int32_t received_bytes_ = 0;  // DATA for which no WINDOW_UPDATE of the connection was sent yet.

  FloodBudget flood_budget_;
  ProvokedFrames provoked_;
};

}  // namespace mote::http2
