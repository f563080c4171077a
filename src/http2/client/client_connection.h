// The client's end of one HTTP/2 connection (RFC 9113) with one stream at a time, for microcontrollers. It takes received bytes
// and returns events and bytes to send. No I/O, no clock, no heap. http2/server/server_connection.h is the gateway's end, with
// many streams and a header table; both share the code for frames, HPACK primitives and faults.
//
//   connection.start();
//   for each piece read:
//     connection.receive(piece);
//     while ((event = connection.next()) != Event::None) ...
//     if connection.waits_for_room(): send the bytes of connection.out() and repeat
//
// A malformed response is a stream error (RFC 9113 8.1.1): the stream is reset and the connection continues. Every other fault
// of the server ends the connection (5.4 allows an endpoint to treat stream errors as connection errors).
//
// Spaces and tabs at the ends of a value are accepted, although they are malformed (8.2.1): gRPC servers do not encode them in
// grpc-message, and gRPC's specification allows them around custom metadata. NUL, CR and LF are malformed.
//
// Not checked, because only a proxy is harmed: content-length against DATA (8.1.1), connection fields of HTTP/1.1 in a response
// (8.2.2), and settings that this client does not use (MAX_FRAME_SIZE and ENABLE_PUSH, 6.5.2). A frame on a closed stream is
// discarded, because it may have been in flight when the stream was reset. PUSH_PROMISE is an error; PRIORITY is ignored.
//
// ClientConnection has more than 25 data members and 40 functions because with one stream the connection, the stream and the
// frame at hand are one state, and one object is the smallest code for a microcontroller.
#pragma once

#include <array>
#include <cstdint>

#include "bytes/byte_reader.h"
#include "bytes/byte_writer.h"
#include "hpack/header_field.h"
#include "hpack/static_decoder.h"
#include "http2/budget.h"
#include "http2/constants.h"
#include "http2/fault.h"
#include "http2/frame.h"
#include "mote/span.h"

namespace mote::http2 {

class ClientConnection {
 public:
  struct Limits {
    std::uint32_t stream_window_bytes = kDefaultWindowBytes;  // SETTINGS_INITIAL_WINDOW_SIZE, up to kMaxWindowBytes
    std::uint32_t header_bytes = 8192;                        // SETTINGS_MAX_HEADER_LIST_SIZE
  };

  enum class Event : std::uint8_t {
    None,            // All bytes are processed, or the connection waits_for_room().
    Field,           // field() is a field of the response or, if headers_received(), of its trailers.
    MalformedField,  // field() has characters that are not allowed. Malformed follows at the end of the section, so that the
                     // fields after this one are not lost.
    Headers,         // The response has begun and continues.
    Data,  // data() is a piece of DATA without padding. Message and frame boundaries are independent of each other.
    End,   // The server has ended the stream, which is now closed; RST_STREAM NO_ERROR was sent if we had not ended it.
    Reset,        // The server has closed the stream with RST_STREAM; error() has its code.
    Unprocessed,  // The server sent GOAWAY and did not process the stream, which is now closed.
    Malformed,    // The response is malformed and the stream is closed: RST_STREAM PROTOCOL_ERROR is written.
    Failed,       // fault(): GOAWAY is written. The connection has failed.
  };

  // The most that next() writes for one frame: GOAWAY with its reason, and WINDOW_UPDATE.
  static constexpr std::size_t kReserveBytes = 96;
  // Frames without progress (RFC 9113 10.5) that a server may send, beyond those that refund_idle_frames() refunds.
  static constexpr std::uint32_t kIdleFrames = 200;
  // The receive window of the connection, which is refilled when half of it is left. What a server may send is limited by the window of
  // the stream; a reply never waits for this one.
  static constexpr std::int32_t kConnectionWindowBytes = 1 << 20;
  // HEADERS and CONTINUATION frames of one header block.
  static constexpr std::uint8_t kHeaderFrames = 8;

  // `output` stores the frames to be sent. `scratch` stores one field, name and value; a larger field is skipped.
  ClientConnection(const Limits& limits, MutableBytes output, MutableBytes scratch);

  // Writes the client's preface (RFC 9113 3.4). Call it first.
  void start();

  // The bytes to send; call out().rewind(0) after sending.
  [[nodiscard]] ByteWriter& out() { return out_; }

  // Passes on bytes of the server. They must stay valid until next() has processed all of them.
  void receive(Bytes bytes) { in_ = ByteReader(bytes); }
  // Processes them up to the next event.
  [[nodiscard]] Event next();
  [[nodiscard]] bool waits_for_room() const { return !in_.empty(); }

  // Valid until the next call of next().
  [[nodiscard]] const hpack::HeaderField& field() const { return decoder_.field(); }
  [[nodiscard]] Bytes data() const { return data_; }
  [[nodiscard]] ErrorCode error() const { return static_cast<ErrorCode>(error_); }
  [[nodiscard]] Fault fault() const { return static_cast<Fault>(error_); }
  // The response's :status; 0 before it arrives.
  [[nodiscard]] std::uint16_t status() const { return status_; }
  [[nodiscard]] bool headers_received() const { return headers_received_; }
  // The fields of this section exceed header_bytes, or one was skipped. Later fields are still passed on, because grpc-status
  // is often among the last.
  [[nodiscard]] bool too_large() const { return too_large_; }

  // The server's preface has arrived (RFC 9113 3.4).
  [[nodiscard]] bool established() const { return settings_received_; }
  // No more streams may be opened on this connection: after GOAWAY, or if no stream id is left.
  [[nodiscard]] bool draining() const { return draining_ || next_stream_ > kMaxStreamId; }

  // --- The stream ---

  // The server allows a stream now (SETTINGS_MAX_CONCURRENT_STREAMS).
  [[nodiscard]] bool may_open() const { return streams_allowed_; }
  // Begins a request in out(), which must be empty; no stream may be open. The caller appends the header block, as
  // hpack::Encoder writes it, and open() completes the request and opens the stream. False: it did not fit.
  void begin_request();
  // The same if out() has exactly a request that was completed with open(): it is sent again on the next stream.
  void begin_kept_request() { out_.patch_u32(kFrameHeaderBytes - sizeof(StreamId), next_stream_); }
  [[nodiscard]] bool open();
  // We have ended the stream, or no stream is open.
  [[nodiscard]] bool local_closed() const { return local_closed_; }

  // The DATA bytes that the windows allow now.
  [[nodiscard]] std::size_t sendable_bytes() const;
  // Sends DATA without a copy: the caller fills the start of data_place() and passes the size to send_data(). The place is
  // empty if the windows or the writer have no room; DATA of 0 bytes, which ends the stream, needs no window.
  [[nodiscard]] MutableBytes data_place() const;
  void send_data(std::size_t size, bool last);
  // The DATA bytes that the server may still send, and WINDOW_UPDATE that increases them to `size` if they are fewer.
  [[nodiscard]] std::uint32_t allowed_bytes() const { return receive_window_bytes_; }
  void grant_up_to(std::uint32_t size);
  // Closes the stream with RST_STREAM, if one is open.
  void reset(ErrorCode error = ErrorCode::Cancel);

  void ping();
  void send_goaway() { write_goaway(out_, 0, ErrorCode::NoError, {}); }

  void refund_idle_frames(std::uint32_t amount) { idle_frames_.refund(amount, kIdleFrames); }

 private:
  enum class Phase : std::uint8_t { Head, Fixed, Payload };

#ifdef MOTE_SMALL
  static constexpr Event failed(Fault) {
    return Event::Failed;
  }
#else
  // Until next() returns, values from Failed on also contain the fault.
  static constexpr Event failed(Fault fault) {
    return static_cast<Event>(static_cast<unsigned>(Event::Failed) + static_cast<unsigned>(fault));
  }
#endif

  bool ready();
  void want(Phase phase, std::uint32_t size);
  Event begin_frame();
  Event begin_payload();
  Event begin_data();
  Event begin_block();
  Event take_settings();
  Event take_setting();
  Event take_window_update(std::uint32_t increment);
  Event take_payload();
  Event take_data();
  Event take_block();
  Event take_field();
  bool take_status();
  Event end_frame();
  Event end_block();
  Event end_stream();
  Event spend_idle_frame();
  [[nodiscard]] bool on_stream() const {
    return stream_ != 0 && frame_.stream == stream_;
  }

  ByteWriter out_;
  Phase phase_ = Phase::Head;

  // The current frame: fixed_ collects its header or the fixed part of its payload.
  std::uint8_t have_ = 0;
  std::uint8_t wanted_ = kFrameHeaderBytes;
  std::array<std::uint8_t, kFrameHeaderBytes> fixed_{};

  bool settings_received_ = false;
  bool streams_allowed_ = true;
  bool draining_ = false;
  bool headers_received_ = false;
  bool local_closed_ = true;

  // The current header block.
  bool block_ends_stream_ = false;
  bool too_large_ = false;
  bool malformed_ = false;
  std::uint8_t block_frames_ = 0;
  std::uint16_t status_ = 0;
  StreamId block_stream_ = 0;  // 0: no block is open.
  std::uint32_t section_bytes_ = 0;

  FrameHeader frame_;
  std::uint32_t left_ = 0;  // bytes of its payload to process
  std::uint32_t skip_ = 0;  // bytes to discard after these

  ByteReader in_{Bytes()};
  StreamId stream_ = 0;  // 0: no stream is open.
  StreamId next_stream_ = 1;
  std::uint32_t receive_window_bytes_ = 0;
  std::int32_t send_window_bytes_ = 0;
  std::int32_t peer_initial_window_bytes_ = kDefaultWindowBytes;
  std::int32_t connection_send_window_bytes_ = kDefaultWindowBytes;
  std::int32_t connection_receive_window_bytes_ = kConnectionWindowBytes;
  Budget idle_frames_{kIdleFrames};

  Limits limits_;
  std::uint32_t error_ = 0;
  Bytes data_;
  hpack::StaticDecoder decoder_;
};

}  // namespace mote::http2
