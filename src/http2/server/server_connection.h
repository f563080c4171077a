// The server's end of one HTTP/2 connection (RFC 9113): bytes in, events and bytes out. No I/O, no clock, no heap; of
// priority (RFC 9113 5.3.2) only a stream that depends on itself matters, push is refused. The client's end is
// http2/client/client_connection.h.
//
// The owner reads bytes from wherever they come and calls receive(); it writes out what the ByteWriter has collected.
// Everything that may grow is the owner's: streams, the header table, buffers (see ConnectionEvents).
#pragma once

#include <array>
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
#include "http2/server/provoked_frames.h"
#include "http2/stream.h"
#include "mote/span.h"

namespace mote::http2 {

// Room that send_headers() and DataFrame leave in the writer, so that the control frames which one frame of the peer can
// cause (WINDOW_UPDATE, RST_STREAM, GOAWAY with its reason) always fit.
inline constexpr std::size_t kControlReserveBytes = 128;

class ServerConnection final : private hpack::FieldSink {
 public:
  // `table` and `table_reserve` hold the peer's header table (hpack/dynamic_table.h). The larger of them has at least
  // kDefaultHeaderTableBytes: until the peer acknowledges our SETTINGS it may use that much, whatever we announce (RFC
  // 9113 6.5.2). `limits`, `events` and both parts outlive this.
  ServerConnection(const ConnectionLimits& limits, ConnectionEvents& events, MutableBytes table,
                   MutableBytes table_reserve);
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  // Writes this end's connection preface (RFC 9113 3.4). First of all calls.
  void start(ByteWriter& out);

  // Takes in what the peer sent; returns how many bytes it took. The rest is to be passed again, in front of what comes
  // next, when more has come (it ends inside a frame's fixed part, at most 17 bytes), or, where out.room() is below
  // kControlReserveBytes, when `out` has been emptied.
  // `scratch` holds header_bytes or more, and at least kDefaultHeaderTableBytes. Its first pending_scratch_bytes() bytes must be the same on the next call.
  std::size_t receive(Bytes bytes, MutableBytes scratch, ByteWriter& out);
  [[nodiscard]] std::size_t pending_scratch_bytes() const { return decoder_.pending(); }

  // --- Streams, sending ---

  // Sends a field section, one encoded header block. False: no room, nothing written. A stream that is closed on both
  // sides by it is unlinked and its storage the owner's again.
  [[nodiscard]] bool send_headers(Stream& stream, Bytes block, bool end_stream, ByteWriter& out);
  // DATA bytes that windows and frame size allow in one frame now.
  [[nodiscard]] std::size_t sendable_bytes(const Stream& stream) const;
  // DATA in place: the caller fills the front of data_place() and says with send_data() how much, at most all of it.
  // The place is empty where windows or the writer leave no room; DATA of 0 bytes, to close the stream, needs no window.
  [[nodiscard]] MutableBytes data_place(const Stream& stream, const ByteWriter& out) const;
  void send_data(Stream& stream, std::size_t size, bool end_stream, ByteWriter& out);
  // Ends a stream with RST_STREAM; its storage is the owner's again. on_reset() is not called.
  void reset(Stream& stream, ErrorCode code, ByteWriter& out);
  // Forgets a stream without a word to the peer, because the connection is over.
  void drop(Stream& stream) { unlink(stream); }
  // Lets the peer send `size` DATA bytes more on the stream (WINDOW_UPDATE), which a stream that it has ended does not
  // need. The connection's own window is given back as bytes arrive: what a slow call holds must not stop the others.
  void grant(Stream& stream, std::uint32_t size, ByteWriter& out);

  // --- The connection ---

  void ping(std::uint64_t payload, ByteWriter& out);
  // The first half of a graceful end (RFC 9113 6.8): says that no stream should be opened, refuses none yet.
  void announce_goaway(std::string_view reason, ByteWriter& out) const;
  // The second half: streams above the last one seen are ignored from here on.
  void goaway(ErrorCode code, std::string_view reason, ByteWriter& out);
  // Ends the connection for a fault of the peer: GOAWAY, then on_connection_error(). receive() takes everything and does
  // nothing from here on.
  void fail(ErrorCode code, std::string_view reason, ByteWriter& out);

  // Refunds the peer's budgets: by time, or for what it brought.
  void earn_resets(std::uint32_t amount) { resets_.earn(amount, limits_.reset_budget); }
  void earn_refusals(std::uint32_t amount) { refusals_.earn(amount, limits_.free_refusals); }
  void earn_idle_frames(std::uint32_t amount) { idle_frames_.earn(amount, limits_.idle_frame_budget); }

  [[nodiscard]] bool failed() const { return phase_ == Phase::Failed; }
  [[nodiscard]] bool goaway_sent() const { return goaway_sent_; }
  // The preface and the first SETTINGS of the peer have come.
  [[nodiscard]] bool established() const { return settings_received_; }
  // Bytes of a frame that are still to come, padding left out; its windows have been charged for them already.
  [[nodiscard]] std::uint32_t payload_left() const { return payload_left_; }
  // The peer's header table has moved to its reserve.
  [[nodiscard]] bool table_in_reserve() const { return decoder_.table().in_reserve(); }
  [[nodiscard]] bool in_header_block() const { return block_stream_ != 0; }
  [[nodiscard]] Stream* first_stream() const { return first_; }
  [[nodiscard]] std::uint32_t stream_count() const { return stream_count_; }
  [[nodiscard]] StreamId last_peer_stream() const { return last_peer_stream_; }

 private:
  enum class Phase : std::uint8_t { Preface, FrameHeader, Payload, Padding, Failed };
  // What becomes of the header block that is being decoded.
  // RefuseFree: the refusal is not the peer's fault.
  enum class Block : std::uint8_t { Deliver, Refuse, RefuseFree, Ignore };
  // DATA of so few bytes counts as a frame without progress; a message that they complete earns the peer more.
  static constexpr std::uint32_t kTinyDataBytes = 8;
  static constexpr std::size_t kResetsRemembered = 8;
  // Added to a stream id in resets_seen_: the peer reset the stream, so that no frame of it can be under way.
  static constexpr StreamId kByPeer = 0x80000000;
  // The last request's header block stands in spare storage of the table, and what came of its first `known_size` bytes
  // here: most heads begin so too, and need not be decoded while the table is the same: 3,600 of a call's 8,100 instructions.
  struct KnownHead {
    FieldRules rules;
    std::uint32_t table_generation = 0;
    std::uint32_t field_bytes = 0;
    std::uint8_t fields = 0;
    std::uint8_t known_size = 0;
    std::uint8_t block_size = 0;
  };

  // Each returns whether to go on; false: more bytes or more room are needed, or the connection failed.
  bool take_preface(ByteReader& in, ByteWriter& out);
  bool take_frame_header(ByteReader& in, ByteWriter& out);
  bool take_payload(ByteReader& in, MutableBytes scratch, ByteWriter& out);
  bool take_padding(ByteReader& in, ByteWriter& out);

  bool check_frame(const FrameHeader& frame, std::uint8_t rule, std::uint32_t fixed, ByteWriter& out);
  void begin_frame(ByteReader& in, ByteWriter& out);
  void take_piece(Bytes piece, MutableBytes scratch, ByteWriter& out);
  void end_frame(ByteWriter& out);

  bool take_pad_length(ByteReader& in, ByteWriter& out);
  void begin_data(ByteReader& in, ByteWriter& out);
  void data_without_stream(ByteWriter& out);
  void take_priority(ByteReader& in, ByteWriter& out);
  void half_close();

  void begin_headers(ByteReader& in, ByteWriter& out);
  void begin_request(ByteWriter& out);
  void begin_trailers(ByteWriter& out);
  void begin_section(Stream& stream, SectionKind kind);
  void refuse_section(ByteWriter& out);
  void begin_continuation(ByteWriter& out);
  bool decode(Bytes piece, MutableBytes scratch);
  bool decode_head(Bytes piece, MutableBytes scratch);
  bool learn_fields(Bytes fields, MutableBytes scratch);
  void remember_block(Bytes block);
  void end_block(ByteWriter& out);
  void end_section(ByteWriter& out);
  void end_malformed_section(ByteWriter& out);
  void report_section(bool malformed);

  void take_rst_stream(ErrorCode code, ByteWriter& out);
  void take_window_update(std::uint32_t increment, ByteWriter& out);
  void take_ping(std::uint64_t payload, ByteWriter& out);
  void take_goaway(ByteReader& in, ByteWriter& out);
  void begin_settings(ByteWriter& out);
  void take_settings(ByteReader& in, ByteWriter& out);
  void take_setting(const Setting& setting, ByteWriter& out);
  void end_settings(ByteWriter& out);

  void on_field(const hpack::HeaderField& field) override;
  void on_oversized_field() override;
  bool deliverable() const { return block_ == Block::Deliver && !too_large_; }
  void past_limit(ConnectionLimit limit);

  void link(Stream& stream);
  void unlink(Stream& stream);
  void close_local(Stream& stream);
  void remember_reset(StreamId id);
  void remember_reset_by_peer(StreamId id);
  bool reset_by_us(StreamId id) const;
  bool take_reset_by_peer(StreamId id);
  bool idle(StreamId id) const;
  void refuse(Stream& stream, ErrorCode code, ByteWriter& out);
  void refuse_closed(StreamId id, ErrorCode code, ByteWriter& out);
  void fail(Fault fault, ByteWriter& out);
  void refuse_stream(StreamId id, ByteWriter& out);
  void forget_early(StreamId id, std::int32_t window_bytes);
  [[nodiscard]] std::int32_t initial_receive_window() const;
  [[nodiscard]] bool within_first_window(const Stream& stream, std::int32_t size) const;
  void spend_reset(ByteWriter& out);
  void spend_idle_frame(ByteWriter& out);
  void give_back(std::int32_t size, ByteWriter& out);
  void shrink_receive_windows();

  const ConnectionLimits& limits_;
  ConnectionEvents& events_;
  hpack::Decoder decoder_;
  FieldRules rules_;

  FrameHeader frame_{};
  std::uint32_t payload_left_ = 0;  // Of the frame, padding left out.
  std::uint8_t padding_left_ = 0;
  Phase phase_ = Phase::Preface;
  std::uint8_t preface_matched_ = 0;

  Stream* current_ = nullptr;  // The stream of the DATA frame or header block at hand.
  StreamId block_stream_ = 0;  // Its header block is open; 0: none is.
  std::uint32_t block_field_bytes_ = 0;
  std::uint32_t block_fields_ = 0;
  std::uint32_t block_frames_ = 0;
  Block block_ = Block::Ignore;
  bool block_ends_stream_ = false;
  bool too_large_ = false;
  bool request_begins_ = false;  // No byte of its header block has been decoded yet.
  KnownHead known_;

  bool settings_received_ = false;
  bool settings_acknowledged_ = false;
  bool size_update_sent_ = false;
  bool goaway_sent_ = false;
  bool ids_passed_over_ = false;  // The peer left out ids between its streams.

  Stream* first_ = nullptr;
  Stream* last_ = nullptr;
  std::uint32_t stream_count_ = 0;
  StreamId last_peer_stream_ = 0;     // The highest id that the peer opened.
  StreamId acknowledged_behind_ = 0;  // last_peer_stream_ when the peer acknowledged our SETTINGS.
  StreamId goaway_last_ = kMaxStreamId;
  std::array<StreamId, kResetsRemembered> resets_seen_{};
  StreamId resets_forgotten_ = 0;
  std::uint8_t resets_next_ = 0;

  std::int32_t send_window_bytes_ = kDefaultWindowBytes;
  std::int32_t receive_window_bytes_ = kDefaultWindowBytes;
  std::int32_t credit_bytes_ = 0;
  std::int32_t peer_initial_window_bytes_ = kDefaultWindowBytes;
  std::int32_t next_initial_window_bytes_ = kDefaultWindowBytes;
  std::uint32_t peer_max_frame_bytes_ = kDefaultMaxFrameBytes;

  Budget resets_;
  Budget refusals_;
  Budget idle_frames_;
  ProvokedFrames provoked_;
};

}  // namespace mote::http2
