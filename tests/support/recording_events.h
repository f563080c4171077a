// The owner of a connection, which records each event as one line. Streams are on the heap and are destroyed as soon as the
// connection must not use them any more, so that AddressSanitizer detects a later use.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http2/server/connection_events.h"

namespace mote::test {

// "open 1", "field 1 name: value", "section 1", "trailers 1 end", "data 1 abc" (neighbours are joined), "half-close 1",
// "reset 1 CANCEL by peer", "malformed 1 name" (or "malformed 1" for a whole section), "window 1", "ping ack 7",
// "goaway 1 NO_ERROR", "error PROTOCOL_ERROR why", "limit resets".
class RecordingEvents final : public http2::ConnectionEvents {
 public:
  std::vector<std::string> lines;
  std::map<http2::StreamId, std::unique_ptr<http2::Stream>> streams;
  bool accepts_streams = true;
  int settings_acknowledged = 0;
  // Known fields are recorded as if they had been decoded.
  bool keeps_fields = true;
  int known_fields_received = 0;
  // True: `then` answers malformed sections and ends their streams. False: the connection resets these streams.
  bool answers = false;
  std::string goaway_reason;
  // How many bytes of a piece of DATA are taken.
  std::size_t most_data = SIZE_MAX;
  // Called after each line, inside the event; `stream` is null for events of the connection.
  std::function<void(std::string_view line, http2::Stream* stream)> then;

  // Destroys the stream if it is closed on both sides. Call it after ending the stream.
  void remove_if_closed(http2::StreamId id);

  http2::Stream* open_stream(http2::StreamId id) override;
  http2::Stream* find_stream(http2::StreamId id) override;
  void on_field(http2::Stream& stream, const hpack::HeaderField& field) override;
  bool keep_fields(const http2::Stream& stream) override;
  void on_known_fields(http2::Stream& stream) override;
  void on_malformed(http2::Stream& stream, std::string_view name, http2::FieldFault fault) override;
  bool answers_malformed(const http2::Stream&) override { return answers; }
  void on_section_end(http2::Stream& stream, http2::SectionEnd end) override;
  std::size_t on_data(http2::Stream& stream, Bytes bytes) override;
  void on_half_close(http2::Stream& stream) override;
  void on_reset(http2::Stream& stream, http2::ErrorCode code, bool by_peer) override;
  void on_window(http2::Stream* stream) override;
  void on_settings_ack() override { ++settings_acknowledged; }
  void on_ping_ack(std::uint64_t payload) override;
  void on_goaway(http2::StreamId last, http2::ErrorCode code, std::string_view reason) override;
  void on_connection_error(http2::ErrorCode code, std::string_view reason) override;
  void on_limit(http2::ConnectionLimit limit) override;

 private:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  void note(std::string line, http2::Stream* stream);

  Fields request_fields_;
  Fields known_fields_;
  http2::StreamId data_of_ = 0;  // The last line is DATA of this stream.
};

}  // namespace mote::test
