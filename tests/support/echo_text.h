// Messages of echo.proto as bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "echo.pb.h"
#include "mote/message.h"
#include "support/raw_client.h"

namespace mote::test {

template <class Message>
std::string encoded(const Message& message) {
  std::vector<std::uint8_t> buffer(codec::encoded_size(message).size);
  if (!codec::encode_to(buffer, message).ok()) std::abort();
  return {buffer.begin(), buffer.end()};
}

inline echo_EchoRequest echo_request(std::string_view text, std::uint32_t count = 0, std::uint32_t interval_ms = 0) {
  echo_EchoRequest request{};
  request.message = codec::field_of(text);
  request.count = count;
  request.interval_ms = interval_ms;
  return request;
}

// A text that is different everywhere, so that a part at a wrong place is detected.
inline std::string numbered_text(std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; text.size() < bytes; ++i)
    text += std::to_string(i) + ' ';
  text.resize(bytes);
  return text;
}

// The DATA of one request message.
inline std::string echo_data(std::string_view text, std::uint32_t count = 0, std::uint32_t interval_ms = 0) {
  return framed(encoded(echo_request(text, count, interval_ms)));
}

// The same of a message that has so many bytes.
inline std::string echo_data_of_size(std::size_t bytes) {
  std::string text(bytes, 'x');
  while (echo_data(text).size() > bytes + 5)
    text.pop_back();
  return echo_data(text);
}

// "You said: a", or "3 You said: a" if the reply has a number.
inline std::string reply_text(std::string_view bytes) {
  const mote_piece piece{nullptr, as_bytes(bytes).data(), bytes.size()};
  echo_EchoReply reply{};
  if (!codec::decode(&piece, bytes.size(), reply).ok()) return "NO REPLY";
  std::string text(mote_bytes_size(&reply.message), '\0');
  mote_bytes_copy(&reply.message, text.data(), text.size());
  return reply.number == 0 ? text : std::to_string(reply.number) + " " + text;
}

// Nothing if there is no reply, or none with times.
inline std::optional<echo_Timing> reply_timing(std::string_view bytes) {
  const mote_piece piece{nullptr, as_bytes(bytes).data(), bytes.size()};
  echo_EchoReply reply{};
  if (!codec::decode(&piece, bytes.size(), reply).ok() || !reply.has_timing) return std::nullopt;
  return reply.timing;
}

inline std::vector<std::string> reply_texts(const Answer& answer) {
  std::vector<std::string> texts;
  for (const std::string& message : answer.messages())
    texts.push_back(reply_text(message));
  return texts;
}

// The header block of a call.
inline Block call_head(std::string_view path,
                       std::initializer_list<std::pair<std::string_view, std::string_view>> more = {}) {
  Block block;
  block.literal(":method", "POST").literal(":scheme", "http").literal(":path", path);
  block.literal("content-type", "application/grpc").literal("te", "trailers");
  for (const auto& [name, value] : more)
    block.literal(name, value);
  return block;
}

// The same of a method of echo.Echo.
inline Block echo_head(std::string_view method,
                       std::initializer_list<std::pair<std::string_view, std::string_view>> more = {}) {
  return call_head("/echo.Echo/" + std::string(method), more);
}

// DATA in frames of at most `piece` bytes.
inline void add_data(FrameScript& script, std::uint32_t stream, std::string_view data, bool end,
                     std::size_t piece = 16384) {
  while (data.size() > piece) {
    script.data(stream, data.substr(0, piece));
    data.remove_prefix(piece);
  }
  script.data(stream, data, end ? http2::kEndStream : std::uint8_t{0});
}

// A complete call with one message.
inline FrameScript echo_call(std::uint32_t stream, std::string_view method, std::string_view data,
                             std::initializer_list<std::pair<std::string_view, std::string_view>> more = {}) {
  return FrameScript().headers(stream, echo_head(method, more)).data(stream, data, http2::kEndStream);
}

}  // namespace mote::test
