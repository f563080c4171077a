// Converts the output of an endpoint to lines of text for comparison. The parser is independent of src/http2, so that it does
// not repeat an error there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::test {

struct RawFrame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::span<const std::uint8_t> payload;
};

// Takes complete frames from the front of `bytes`; the rest is the start of another frame.
std::vector<RawFrame> take_frames(std::span<const std::uint8_t>& bytes);

// SETTINGS_MAX_FRAME_SIZE of an end that has not announced another.
inline constexpr std::uint32_t kUsualLargestFrame = 16384;

// Why this frame is invalid in every state (its length, stream 0, flags, reserved bits); empty for a valid frame. `largest`: bytes of
// its payload.
std::string_view fault_of(const RawFrame& frame, std::uint32_t largest = kUsualLargestFrame);

// "SETTINGS ack", "DATA 1 end abc", "RST_STREAM 3 CANCEL", "GOAWAY 5 PROTOCOL_ERROR why", "WINDOW_UPDATE 0 +32768" ...
std::string text_of(const RawFrame& frame);

std::vector<std::string> lines_of(std::span<const std::uint8_t> bytes);

}  // namespace mote::test
