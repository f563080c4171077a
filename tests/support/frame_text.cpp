#include "support/frame_text.h"

#include "http2/constants.h"

namespace mote::test {
namespace {

constexpr std::size_t kHead = 9;

std::uint32_t number(std::span<const std::uint8_t> bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes)
    value = value << 8U | byte;
  return value;
}

std::string error(std::uint32_t code) {
  return std::string(name(static_cast<http2::ErrorCode>(code)));
}

std::string text(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string settings_text(const RawFrame& frame) {
  if (frame.flags & 1) return "SETTINGS ack";
  std::string line = "SETTINGS";
  for (std::size_t i = 0; i + 6 <= frame.payload.size(); i += 6) {
    line += ' ' + std::to_string(number(frame.payload.subspan(i, 2)));
    line += '=' + std::to_string(number(frame.payload.subspan(i + 2, 4)));
  }
  return line;
}

std::string ping_text(const RawFrame& frame) {
  const std::uint64_t value = std::uint64_t{number(frame.payload.first(4))} << 32U | number(frame.payload.subspan(4));
  return (frame.flags & 1 ? "PING ack " : "PING ") + std::to_string(value);
}

// The lengths that RFC 9113 6 requires: exact, or a multiple.
bool length_right(const RawFrame& frame) {
  const std::size_t size = frame.payload.size();
  switch (frame.type) {
    case 2:
      return size == 5;
    case 3:
    case 8:
      return size == 4;
    case 4:
      return frame.flags & 1 ? size == 0 : size % 6 == 0;
    case 6:
      return size == 8;
    case 7:
      return size >= 8;
    default:
      return true;
  }
}

std::uint8_t flags_used(std::uint8_t type) {
  switch (type) {
    case 0:
    case 4:
    case 6:
      return 1;
    case 1:
      return 5;
    case 9:
      return 4;
    default:
      return 0;
  }
}

}  // namespace

std::vector<RawFrame> take_frames(std::span<const std::uint8_t>& bytes) {
  std::vector<RawFrame> frames;
  while (bytes.size() >= kHead) {
    const std::uint32_t length = number(bytes.first(3));
    if (bytes.size() - kHead < length) break;
    frames.push_back({bytes[3], bytes[4], number(bytes.subspan(5, 4)), bytes.subspan(kHead, length)});
    bytes = bytes.subspan(kHead + length);
  }
  return frames;
}

std::string_view fault_of(const RawFrame& frame, std::uint32_t largest) {
  constexpr std::uint32_t kReservedBit = 0x80000000;
  if (frame.type > 9 || frame.type == 5 || frame.type == 2) return "a type that mote never sends";
  if (frame.payload.size() > largest) return "too large";
  if (!length_right(frame)) return "wrong length";
  if (frame.stream & kReservedBit) return "reserved bit";
  const bool of_connection = frame.type == 4 || frame.type == 6 || frame.type == 7;
  if (of_connection && frame.stream != 0) return "on a stream";
  if (!of_connection && frame.type != 8 && frame.stream == 0) return "on stream 0";
  if (frame.flags & ~flags_used(frame.type)) return "flags";
  if (frame.type == 8 && (number(frame.payload) == 0 || number(frame.payload) & kReservedBit)) return "increment";
  return {};
}

std::string text_of(const RawFrame& frame) {
  const std::string stream = std::to_string(frame.stream);
  switch (frame.type) {
    case 0:
      return "DATA " + stream + (frame.flags & 1 ? " end " : " ") + text(frame.payload);
    case 1:
      return "HEADERS " + stream + (frame.flags & 1 ? " end" : "") + (frame.flags & 4 ? "" : " more");
    case 3:
      return "RST_STREAM " + stream + ' ' + error(number(frame.payload));
    case 4:
      return settings_text(frame);
    case 6:
      return ping_text(frame);
    case 7:
      return "GOAWAY " + std::to_string(number(frame.payload.first(4))) + ' ' +
             error(number(frame.payload.subspan(4, 4))) + ' ' + text(frame.payload.subspan(8));
    case 8:
      return "WINDOW_UPDATE " + stream + " +" + std::to_string(number(frame.payload));
    case 9:
      return "CONTINUATION " + stream + (frame.flags & 4 ? "" : " more");
    default:
      return "type " + std::to_string(frame.type);
  }
}

std::vector<std::string> lines_of(std::span<const std::uint8_t> bytes) {
  std::vector<std::string> lines;
  for (const RawFrame& frame : take_frames(bytes)) {
    const std::string_view fault = fault_of(frame);
    lines.push_back(fault.empty() ? text_of(frame) : "BAD FRAME: " + std::string(fault));
  }
  if (!bytes.empty()) lines.emplace_back("BAD FRAME: cut short");
  return lines;
}

}  // namespace mote::test
