// Flow control of the sender (RFC 9113 6.9): the DATA bytes that an endpoint may still send, on one stream or on the
// connection.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "http2/constants.h"

namespace mote::http2 {

// Applies the increment of a WINDOW_UPDATE, or a change of SETTINGS_INITIAL_WINDOW_SIZE, which may be negative.
// False: the window exceeds 2^31-1, a FLOW_CONTROL_ERROR (RFC 9113 6.9.1); do not use the window any more.
[[nodiscard]] inline bool change_window(std::int32_t& window, std::int32_t change) {
  return !__builtin_add_overflow(window, change, &window);
}

// The windows of the server's end. The client's end has plain numbers: that saves 24 bytes of a device's flash.
class SendWindow {
 public:
  constexpr SendWindow() = default;
  constexpr explicit SendWindow(std::int32_t bytes) : bytes_(bytes) {}

  // Negative after the peer has lowered SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 6.9.2).
  [[nodiscard]] std::int32_t bytes() const { return bytes_; }

  [[nodiscard]] bool change(std::int32_t bytes) { return change_window(bytes_, bytes); }

  // Counts a DATA frame that was sent.
  void consume(std::uint32_t bytes) { bytes_ -= static_cast<std::int32_t>(bytes); }

 private:
  std::int32_t bytes_ = kDefaultWindowBytes;
};

// The DATA bytes that both windows allow.
[[nodiscard]] inline std::size_t sendable_bytes(const SendWindow& connection, const SendWindow& stream) {
  return static_cast<std::size_t>(std::max<std::int32_t>(std::min(connection.bytes(), stream.bytes()), 0));
}

}  // namespace mote::http2
