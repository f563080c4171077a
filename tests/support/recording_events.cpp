#include "support/recording_events.h"

#include <algorithm>

namespace mote::test {
namespace {

std::string_view name(http2::ConnectionLimit limit) {
  switch (limit) {
    case http2::ConnectionLimit::Streams:
      return "streams";
    case http2::ConnectionLimit::HeaderBytes:
      return "header bytes";
    case http2::ConnectionLimit::HeaderFields:
      return "header fields";
    case http2::ConnectionLimit::HeaderFrames:
      return "header frames";
    case http2::ConnectionLimit::HeaderExcess:
      return "header excess";
    case http2::ConnectionLimit::Resets:
      return "resets";
    case http2::ConnectionLimit::Refusals:
      return "refusals";
    case http2::ConnectionLimit::IdleFrames:
      return "idle frames";
  }
  return "?";
}

std::string number(const http2::Stream& stream) {
  return std::to_string(stream.id);
}

}  // namespace

void RecordingEvents::note(std::string line, http2::Stream* stream) {
  data_of_ = 0;
  lines.push_back(std::move(line));
  if (then) then(std::string(lines.back()), stream);
}

void RecordingEvents::remove_if_closed(http2::StreamId id) {
  const http2::Stream* stream = find_stream(id);
  if (stream != nullptr && stream->local_closed && stream->remote_closed) streams.erase(id);
}

http2::Stream* RecordingEvents::open_stream(http2::StreamId id) {
  request_fields_.clear();
  note((accepts_streams ? "open " : "refuse ") + std::to_string(id), nullptr);
  return accepts_streams ? (streams[id] = std::make_unique<http2::Stream>()).get() : nullptr;
}

http2::Stream* RecordingEvents::find_stream(http2::StreamId id) {
  const auto found = streams.find(id);
  return found == streams.end() ? nullptr : found->second.get();
}

void RecordingEvents::on_field(http2::Stream& stream, const hpack::HeaderField& field) {
  request_fields_.emplace_back(field.name, field.value);
  std::string line = "field " + number(stream) + ' ';
  line.append(field.name).append(": ").append(field.value);
  note(std::move(line), &stream);
}

bool RecordingEvents::keep_fields(const http2::Stream& /*stream*/) {
  if (keeps_fields) known_fields_ = request_fields_;
  return keeps_fields;
}

void RecordingEvents::on_known_fields(http2::Stream& stream) {
  ++known_fields_received;
  for (const auto& [name, value] : known_fields_)
    on_field(stream, {name, value});
}

void RecordingEvents::on_malformed(http2::Stream& stream, std::string_view name, http2::FieldFault fault) {
  std::string line = "malformed " + number(stream);
  if (fault != http2::FieldFault::None) line.append(" ").append(name);
  note(std::move(line), &stream);
}

void RecordingEvents::on_section_end(http2::Stream& stream, http2::SectionEnd end) {
  std::string line = (end.trailers ? "trailers " : "section ") + number(stream);
  if (end.end_stream) line += " end";
  if (end.too_large) line += " too large";
  if (end.malformed) line += " malformed";
  const http2::StreamId id = stream.id;
  const bool ended = stream.local_closed;
  note(std::move(line), &stream);
  if (!ended) remove_if_closed(id);
}

std::size_t RecordingEvents::on_data(http2::Stream& stream, Bytes bytes) {
  const std::size_t left = bytes.size() - std::min(bytes.size(), most_data);
  bytes = bytes.first(bytes.size() - left);
  const bool continues = data_of_ == stream.id;
  if (!continues) lines.push_back("data " + number(stream) + ' ');
  lines.back().append(as_text(bytes));
  data_of_ = stream.id;
  const http2::StreamId id = stream.id;
  const bool ended = stream.local_closed;
  if (then) then(std::string(lines.back()), &stream);
  if (!ended) remove_if_closed(id);
  return left;
}

void RecordingEvents::on_half_close(http2::Stream& stream) {
  const http2::StreamId id = stream.id;
  note("half-close " + number(stream), &stream);
  const auto found = streams.find(id);
  if (found != streams.end() && found->second->local_closed) streams.erase(found);
}

void RecordingEvents::on_reset(http2::Stream& stream, http2::ErrorCode code, bool by_peer) {
  const http2::StreamId id = stream.id;
  note("reset " + number(stream) + ' ' + std::string(name(code)) + (by_peer ? " by peer" : ""), &stream);
  streams.erase(id);
}

void RecordingEvents::on_window(http2::Stream* stream) {
  note("window " + (stream == nullptr ? "0" : number(*stream)), stream);
}

void RecordingEvents::on_ping_ack(std::uint64_t payload) {
  note("ping ack " + std::to_string(payload), nullptr);
}

void RecordingEvents::on_goaway(http2::StreamId last, http2::ErrorCode code, std::string_view reason) {
  goaway_reason = reason;
  note("goaway " + std::to_string(last) + ' ' + std::string(name(code)), nullptr);
}

void RecordingEvents::on_connection_error(http2::ErrorCode code, std::string_view reason) {
  note("error " + std::string(name(code)) + ' ' + std::string(reason), nullptr);
}

void RecordingEvents::on_limit(http2::ConnectionLimit limit) {
  note("limit " + std::string(name(limit)), nullptr);
}

}  // namespace mote::test
