#include "http2/constants.h"

#include <array>

namespace mote::http2 {

namespace {

constexpr std::array<std::string_view, 14> kErrorNames = {
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
};

}  // namespace

std::string_view name(ErrorCode code) {
  const auto index = static_cast<std::uint32_t>(code);
  return index < kErrorNames.size() ? kErrorNames[index] : "UNKNOWN_ERROR";
}

}  // namespace mote::http2
