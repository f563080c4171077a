// What an endpoint wrote, as lines of text that tests compare; a parser of its own, so that no error of src/http2 can hide
// behind itself.
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

// Takes whole frames off the front of `bytes`; what is left is the start of another.
std::vector<RawFrame> take_frames(std::span<const std::uint8_t>& bytes);

// Why no peer may send this frame whatever came before it (lengths, stream 0, flags and reserved bits that we never set);
// empty where it is well formed.
std::string_view fault_of(const RawFrame& frame);

// "SETTINGS ack", "DATA 1 end abc", "RST_STREAM 3 CANCEL", "GOAWAY 5 PROTOCOL_ERROR why", "WINDOW_UPDATE 0 +32768" ...
std::string text_of(const RawFrame& frame);

std::vector<std::string> lines_of(std::span<const std::uint8_t> bytes);

}  // namespace mote::test
