#include "support/frame_script.h"

namespace mote::test {

using http2::FrameType;

void put(Octets& to, std::uint64_t value, unsigned bytes) {
  while (bytes-- > 0)
    to.push_back(static_cast<std::uint8_t>(value >> (8 * bytes) & 0xff));
}

Octets octets(std::string_view text) {
  return {text.begin(), text.end()};
}

Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Block& Block::indexed(std::uint32_t index) {
  integer(0x80, 7, index);
  return *this;
}

Block& Block::literal(std::string_view name, std::string_view value) {
  integer(0x00, 4, 0);
  text(name);
  text(value);
  return *this;
}

Block& Block::remembered(std::string_view name, std::string_view value) {
  integer(0x40, 6, 0);
  text(name);
  text(value);
  return *this;
}

Block& Block::table_size(std::uint32_t bytes) {
  integer(0x20, 5, bytes);
  return *this;
}

void Block::integer(std::uint8_t pattern, unsigned prefix_bits, std::uint32_t value) {
  const std::uint32_t most = (1U << prefix_bits) - 1;
  if (value < most) return put(bytes_, pattern | value, 1);
  put(bytes_, pattern | most, 1);
  for (value -= most; value >= 0x80; value >>= 7)
    put(bytes_, 0x80 | (value & 0x7f), 1);
  put(bytes_, value, 1);
}

void Block::text(std::string_view text) {
  integer(0x00, 7, static_cast<std::uint32_t>(text.size()));
  bytes_.insert(bytes_.end(), text.begin(), text.end());
}

Block request(std::initializer_list<std::pair<std::string_view, std::string_view>> more) {
  Block block;
  block.literal(":method", "POST").literal(":scheme", "http").literal(":path", "/echo.Echo/Reply");
  for (const auto& [name, value] : more)
    block.literal(name, value);
  return block;
}

Block response(std::string_view status) {
  return Block().literal(":status", status);
}

Block grpc_response() {
  return Block().indexed(8).literal("content-type", "application/grpc");
}

FrameScript& FrameScript::preface() {
  return raw(octets(http2::kPreface));
}

FrameScript& FrameScript::raw(const Octets& bytes) {
  bytes_ = std::move(bytes_) + bytes;
  return *this;
}

FrameScript& FrameScript::frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, const Octets& payload) {
  return frame(static_cast<FrameType>(type), flags, stream, payload);
}

FrameScript& FrameScript::frame(FrameType type, std::uint8_t flags, std::uint32_t stream, const Octets& payload) {
  return frame_head(static_cast<std::uint32_t>(payload.size()), type, flags, stream).raw(payload);
}

FrameScript& FrameScript::frame_head(std::uint32_t length, FrameType type, std::uint8_t flags, std::uint32_t stream) {
  put(bytes_, length, 3);
  put(bytes_, static_cast<std::uint8_t>(type), 1);
  put(bytes_, flags, 1);
  put(bytes_, stream, 4);
  return *this;
}

FrameScript& FrameScript::settings(Settings settings) {
  Octets payload;
  for (const auto& [id, value] : settings) {
    put(payload, id, 2);
    put(payload, value, 4);
  }
  return frame(FrameType::Settings, 0, 0, payload);
}

FrameScript& FrameScript::settings_ack() {
  return frame(FrameType::Settings, http2::kAck, 0, {});
}

FrameScript& FrameScript::headers(std::uint32_t stream, const Block& block, std::uint8_t flags) {
  return frame(FrameType::Headers, flags, stream, block.bytes());
}

FrameScript& FrameScript::continuation(std::uint32_t stream, const Octets& fragment, std::uint8_t flags) {
  return frame(FrameType::Continuation, flags, stream, fragment);
}

FrameScript& FrameScript::data(std::uint32_t stream, std::string_view text, std::uint8_t flags) {
  return frame(FrameType::Data, flags, stream, octets(text));
}

FrameScript& FrameScript::padded_data(std::uint32_t stream, std::string_view text, std::uint8_t padding,
                                      std::uint8_t flags) {
  const auto all = static_cast<std::uint8_t>(flags | http2::kPadded);
  return frame(FrameType::Data, all, stream, Octets{padding} + octets(text) + Octets(padding, 0));
}

FrameScript& FrameScript::rst_stream(std::uint32_t stream, http2::ErrorCode code) {
  Octets payload;
  put(payload, static_cast<std::uint32_t>(code), 4);
  return frame(FrameType::RstStream, 0, stream, payload);
}

FrameScript& FrameScript::window_update(std::uint32_t stream, std::uint32_t increment) {
  Octets payload;
  put(payload, increment, 4);
  return frame(FrameType::WindowUpdate, 0, stream, payload);
}

FrameScript& FrameScript::ping(std::uint64_t value, std::uint8_t flags) {
  Octets payload;
  put(payload, value, 8);
  return frame(FrameType::Ping, flags, 0, payload);
}

FrameScript& FrameScript::goaway(std::uint32_t last, http2::ErrorCode code, std::string_view reason) {
  Octets payload;
  put(payload, last, 4);
  put(payload, static_cast<std::uint32_t>(code), 4);
  return frame(FrameType::GoAway, 0, 0, payload + octets(reason));
}

namespace {

// The exclusive bit is the first of `depends_on`; the weight is 16.
Octets priority_fields(std::uint32_t depends_on) {
  Octets fields;
  put(fields, depends_on, 4);
  put(fields, 15, 1);
  return fields;
}

}  // namespace

FrameScript& FrameScript::priority(std::uint32_t stream, std::uint32_t depends_on) {
  return frame(FrameType::Priority, 0, stream, priority_fields(depends_on));
}

FrameScript& FrameScript::prioritized_headers(std::uint32_t stream, std::uint32_t depends_on, const Block& block,
                                              std::uint8_t flags) {
  return frame(FrameType::Headers, flags | http2::kPriority, stream, priority_fields(depends_on) + block.bytes());
}

FrameScript hello() {
  return FrameScript().preface().settings();
}

}  // namespace mote::test
