// The client's end of one HTTP/2 connection (RFC 9113) with one stream at a time, made for microcontrollers: bytes in, one
// event after the other and bytes out. No I/O, no clock, no heap. What a gateway needs, many streams and a header table, is
// http2/server/server_connection.h; frames, HPACK's primitives and faults are the same code.
//
//   connection.start();
//   for each piece read:
//     connection.receive(piece);
//     while ((event = connection.next()) != Event::None) ...
//     connection.waits_for_room(): send what connection.out() holds, and again
//
// A malformed response is a stream error (RFC 9113 8.1.1): the stream is reset and the connection goes on. Every other fault of
// the server ends the connection (5.4 lets an endpoint treat stream errors so).
//
// Spaces and tabs at the ends of a value pass, although 8.2.1 calls them malformed: gRPC servers do not encode them in
// grpc-message, and gRPC's specification allows them around custom metadata. NUL, CR and LF are malformed.
//
// Left out on purpose, as only a relay is harmed by them: whether DATA is as long as content-length says (8.1.1), and whether
// a response has fields of HTTP/1.1's connections (8.2.2), or settings that concern only a client which uses them have values
// that none may have (MAX_FRAME_SIZE and ENABLE_PUSH, 6.5.2). A frame on a stream that is closed is passed over, as it may have
// been under way when the stream was reset. Push and priority are refused and ignored.
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
    None,            // All is taken in, or it waits_for_room().
    Field,           // field() is one of the response or, where headers_received(), of its trailers.
    MalformedField,  // field() is one with characters that its name or value may not have. Malformed follows where the
                     // section ends, so that the fields behind this one are not lost.
    Headers,         // The response has begun, and goes on.
    Data,  // data() is a stretch of DATA, padding left out. Message and frame boundaries have nothing to do with each other.
    End,    // The server has ended the stream, which is closed; where we had not, it was told (RST_STREAM NO_ERROR).
    Reset,  // The server has closed the stream with RST_STREAM: error() says why.
    Unprocessed,  // The server goes away (GOAWAY) and has not looked at the stream, which is closed.
    Malformed,    // The response is malformed, and the stream closed: RST_STREAM PROTOCOL_ERROR is written.
    Failed,       // fault(): GOAWAY is written. The connection is over.
  };

  // What next() may write for one frame: GOAWAY with its reason beside WINDOW_UPDATE.
  static constexpr std::size_t kReserveBytes = 96;
  // Frames without progress (RFC 9113 10.5) that a server may send ahead of what refund_idle_frames() gives back.
  static constexpr std::uint32_t kIdleFrames = 200;
  // HEADERS and CONTINUATION frames of one header block.
  static constexpr std::uint8_t kHeaderFrames = 8;

  // `output` takes the frames to be sent. `scratch` holds one field, name and value; a larger one is left out.
  ClientConnection(const Limits& limits, MutableBytes output, MutableBytes scratch);

  // Writes this end's preface (RFC 9113 3.4). First of all calls.
  void start();

  // What is to be sent: out().rewind(0) when it was.
  [[nodiscard]] ByteWriter& out() { return out_; }

  // Bytes of the server, which hold until all is taken in.
  void receive(Bytes bytes) { in_ = ByteReader(bytes); }
  // Takes them in up to the next event.
  [[nodiscard]] Event next();
  [[nodiscard]] bool waits_for_room() const { return !in_.empty(); }

  // Valid until the next next().
  [[nodiscard]] const hpack::HeaderField& field() const { return decoder_.field(); }
  [[nodiscard]] Bytes data() const { return data_; }
  [[nodiscard]] ErrorCode error() const { return static_cast<ErrorCode>(error_); }
  [[nodiscard]] Fault fault() const { return static_cast<Fault>(error_); }
  // The response's :status, 0 before it came.
  [[nodiscard]] std::uint16_t status() const { return status_; }
  [[nodiscard]] bool headers_received() const { return headers_received_; }
  // The fields of this section are more than header_bytes, or one was left out. Fields behind that are handed over all the
  // same, for gRPC's status is most often among the last.
  [[nodiscard]] bool too_large() const { return too_large_; }

  // The server's preface has come (RFC 9113 3.4).
  [[nodiscard]] bool established() const { return settings_received_; }
  // No stream may be opened on this connection any more: GOAWAY, or no id is left.
  [[nodiscard]] bool draining() const { return draining_ || next_stream_ > kMaxStreamId; }

  // --- The stream ---

  // Whether the server allows one now (SETTINGS_MAX_CONCURRENT_STREAMS).
  [[nodiscard]] bool may_open() const { return streams_allowed_; }
  // Begins a request in out(), which is empty: its header block follows there, plain fields as HpackEncoder writes them. open()
  // ends it, and the stream is open. False: it did not fit. Only where no stream is.
  void begin_request();
  // The same where all that out() holds is a request that open() was called for: it is sent again on the next stream.
  void begin_kept_request() { out_.patch_u32(kFrameHeaderBytes - sizeof(StreamId), next_stream_); }
  [[nodiscard]] bool open();
  // We have ended the stream, or there is none.
  [[nodiscard]] bool local_closed() const { return local_closed_; }

  // DATA bytes that the windows allow now.
  [[nodiscard]] std::size_t sendable_bytes() const;
  // DATA in place: the caller fills the front of data_place() and says with send_data() how much, at most all of it.
  // The place is empty where windows or the writer leave no room; DATA of 0 bytes, to end the stream, needs no window.
  [[nodiscard]] MutableBytes data_place() const;
  void send_data(std::size_t size, bool last);
  // DATA bytes that the server may still send, and lets it send so many from now on, if they are more.
  [[nodiscard]] std::uint32_t allowed_bytes() const { return receive_window_bytes_; }
  void grant_up_to(std::uint32_t size);
  // Closes the stream, where there is one, with RST_STREAM.
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
  // Events that begin with Failed carry the fault, until next() returns.
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

  // The frame at hand: its head or the fixed part of its payload is put together in fixed_.
  std::uint8_t have_ = 0;
  std::uint8_t wanted_ = kFrameHeaderBytes;
  std::array<std::uint8_t, kFrameHeaderBytes> fixed_{};

  bool settings_received_ = false;
  bool streams_allowed_ = true;
  bool draining_ = false;
  bool headers_received_ = false;
  bool local_closed_ = true;

  // The header block at hand.
  bool block_ends_stream_ = false;
  bool too_large_ = false;
  bool malformed_ = false;
  std::uint8_t block_frames_ = 0;
  std::uint16_t status_ = 0;
  StreamId block_stream_ = 0;  // 0: none is.
  std::uint32_t section_bytes_ = 0;

  FrameHeader frame_;
  std::uint32_t left_ = 0;  // of its payload, bytes for us
  std::uint32_t skip_ = 0;  // behind these, bytes to pass over

  ByteReader in_{Bytes()};
  StreamId stream_ = 0;  // 0: none is open.
  StreamId next_stream_ = 1;
  std::uint32_t receive_window_bytes_ = 0;
  std::int32_t send_window_bytes_ = 0;
  std::int32_t peer_initial_window_bytes_ = kDefaultWindowBytes;
  std::int32_t connection_send_window_bytes_ = kDefaultWindowBytes;
  std::int32_t connection_receive_window_bytes_ = kDefaultWindowBytes;
  Budget idle_frames_{kIdleFrames};

  Limits limits_;
  std::uint32_t error_ = 0;
  Bytes data_;
  hpack::StaticDecoder decoder_;
};

}  // namespace mote::http2
