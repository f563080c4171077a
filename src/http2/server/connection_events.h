// The callbacks of a ServerConnection to its owner. ServerConnection::receive() makes all calls; views are valid only during
// the call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hpack/header_field.h"
#include "http2/constants.h"
#include "http2/field_rules.h"
#include "http2/server/connection_limits.h"
#include "http2/stream.h"
#include "mote/span.h"

namespace mote::http2 {

// How a field section ended.
struct SectionEnd {
  bool trailers = false;    // The second section of the stream.
  bool end_stream = false;  // on_half_close() follows.
  bool too_large = false;   // Past ConnectionLimits::header_bytes or header_fields: later fields were not passed on.
  bool malformed = false;   // answers_malformed() said that the owner answers.
};

class ConnectionEvents {
 public:
  // Storage for a stream that the peer opens, or nullptr to refuse it (REFUSED_STREAM).
  virtual Stream* open_stream(StreamId id) = 0;
  // The open stream of that id, or nullptr.
  virtual Stream* find_stream(StreamId id) = 0;

  // A valid field of the section that on_section_end() closes. The stream may not be closed from here.
  virtual void on_field(Stream& stream, const hpack::HeaderField& field) = 0;
  // Later requests are likely to begin with the same fields. True: the owner has stored the effect of the fields so far and
  // replaced what it stored before; on_known_fields() replaces all of these fields at the start of a later request.
  virtual bool keep_fields(const Stream& /*stream*/) { return false; }
  virtual void on_known_fields(Stream& /*stream*/) {}
  // The section is malformed (RFC 9113 8.1.1): by its field `name`, or, with FieldFault::None, as a whole. Only the first
  // fault of a section is reported; valid fields that follow are still passed on.
  virtual void on_malformed(Stream& /*stream*/, std::string_view /*name*/, FieldFault /*fault*/) {}
  // A malformed section has ended. False: the connection resets the stream with PROTOCOL_ERROR. True: the owner answers
  // first, which RFC 9113 8.1.1 allows, and then ends the stream itself; on_section_end() follows. Both cost the peer a reset.
  [[nodiscard]] virtual bool answers_malformed(const Stream& /*stream*/) { return false; }
  virtual void on_section_end(Stream& stream, SectionEnd end) = 0;
  // A piece of DATA, padding excluded; message and frame boundaries are independent of each other.
  // For the last piece, and for a section that ends the stream, stream.remote_closed is already set: an owner that ends
  // the stream here closes it, and on_half_close() does not follow. (It is not set where padding follows.)
  // Returns how many bytes at its end are left for the next turn: 0, unless TurnBudget::spent() and the stream is open.
  [[nodiscard]] virtual std::size_t on_data(Stream& stream, Bytes bytes) = 0;
  // END_STREAM: the peer sends nothing more. If we have ended the stream too, the owner may reuse its storage.
  virtual void on_half_close(Stream& stream) = 0;
  // The stream was closed before its end; the owner may reuse its storage. `by_peer`: the peer sent RST_STREAM; otherwise the
  // connection sent one for a fault of the peer. Both then spend a reset; the owner refunds it (refund_resets()) if the stream
  // was not opened only to be reset.
  virtual void on_reset(Stream& stream, ErrorCode code, bool by_peer) = 0;
  // More may be sent: on one stream, or on any (nullptr).
  virtual void on_window(Stream* stream) = 0;

  // The peer has acknowledged our SETTINGS: they now also apply to the receive windows of open streams. Once for each
  // SETTINGS frame of ours.
  virtual void on_settings_ack() {}
  virtual void on_ping_ack(std::uint64_t payload) = 0;
  // The peer sent GOAWAY: it accepts no more streams; those above `last` were not processed. `reason` may be incomplete.
  virtual void on_goaway(StreamId last, ErrorCode code, std::string_view reason) = 0;
  // The connection is over and GOAWAY written. `reason` is static text.
  virtual void on_connection_error(ErrorCode code, std::string_view reason) = 0;
  virtual void on_limit(ConnectionLimit limit) = 0;

 protected:
  ~ConnectionEvents() = default;
};

}  // namespace mote::http2
