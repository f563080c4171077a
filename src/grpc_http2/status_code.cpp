#include "mote/status_code.h"

#include "bytes/words.h"

namespace mote {

namespace {

// In the order of their codes.
constexpr std::string_view kStatusNames =
    "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED "
    "RESOURCE_EXHAUSTED "
    "FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED";

}  // namespace

std::string_view name(StatusCode code) {
  std::string_view names = kStatusNames;
  for (auto before = static_cast<std::uint8_t>(code); before > 0; --before)
    take_word(names);
  return names.empty() ? "UNKNOWN" : take_word(names);
}

}  // namespace mote
