#include "mote/status_code.h"

#include <array>

namespace mote {

namespace {

// Texts of their own: mote_status_name() returns them as C strings.
constexpr std::array<std::string_view, 17> kStatusNames = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

}  // namespace

std::string_view name(StatusCode code) {
  const auto index = static_cast<std::uint8_t>(code);
  return index < kStatusNames.size() ? kStatusNames[index] : "UNKNOWN";
}

}  // namespace mote
