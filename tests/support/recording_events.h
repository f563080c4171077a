// The owner of a connection that writes down, in one line each, what the connection tells it. Streams live on the heap and
// go as soon as they are the owner's again, so that AddressSanitizer sees a connection that holds on to one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/connection_events.h"

namespace mote::test {

// "open 1", "field 1 name: value", "section 1", "trailers 1 end", "data 1 abc" (neighbours joined), "half-close 1",
// "reset 1 CANCEL by peer", "malformed 1 name" (or "malformed 1" for a section as a whole), "window 1", "ping ack 7", "goaway 1 NO_ERROR", "error PROTOCOL_ERROR why", "limit resets".
class RecordingEvents final : public wire::ConnectionEvents {
 public:
  std::vector<std::string> lines;
  std::map<wire::StreamId, std::unique_ptr<wire::Stream>> streams;
  bool takes_streams = true;
  int settings_acknowledged = 0;
  // Known fields are written down as if they had been decoded.
  bool keeps_fields = true;
  int known_fields_heard = 0;
  // Malformed sections are answered: `then` ends the stream.
  bool answers = false;
  std::string goaway_reason;
  // Runs behind each line, while the connection is still inside the event; `stream` is null for the connection's own.
  std::function<void(std::string_view line, wire::Stream* stream)> then;

  // Drops the stream if it is closed on both sides: for who has just ended it.
  void drop_if_closed(wire::StreamId id);

  wire::Stream* open_stream(wire::StreamId id) override;
  wire::Stream* find_stream(wire::StreamId id) override;
  void on_field(wire::Stream& stream, const wire::HeaderField& field) override;
  bool keep_fields(const wire::Stream& stream) override;
  void on_known_fields(wire::Stream& stream) override;
  void on_malformed(wire::Stream& stream, std::string_view name, wire::FieldFault fault) override;
  bool answers_malformed(const wire::Stream&) override { return answers; }
  void on_section_end(wire::Stream& stream, wire::SectionEnd end) override;
  void on_data(wire::Stream& stream, wire::Bytes bytes) override;
  void on_half_close(wire::Stream& stream) override;
  void on_reset(wire::Stream& stream, wire::ErrorCode code, bool by_peer) override;
  void on_window(wire::Stream* stream) override;
  void on_settings_ack() override { ++settings_acknowledged; }
  void on_ping_ack(std::uint64_t payload) override;
  void on_goaway(wire::StreamId last, wire::ErrorCode code, std::string_view reason) override;
  void on_connection_error(wire::ErrorCode code, std::string_view reason) override;
  void on_limit(wire::ConnectionLimit limit) override;

 private:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  void note(std::string line, wire::Stream* stream);

  Fields request_fields_;
  Fields known_fields_;
  wire::StreamId data_of_ = 0;  // The last line is DATA of this stream.
};

}  // namespace mote::test
