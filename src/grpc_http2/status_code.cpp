#include "mote/status_code.h"

#include <cstdint>

namespace mote {

namespace {

using namespace std::string_view_literals;

// In the order of their numbers. Each ends with a zero byte: mote_status_name() returns it as a C string.
constexpr std::string_view kNames =
    "OK\0CANCELLED\0UNKNOWN\0INVALID_ARGUMENT\0DEADLINE_EXCEEDED\0NOT_FOUND\0ALREADY_EXISTS\0PERMISSION_DENIED\0"
    "RESOURCE_EXHAUSTED\0FAILED_PRECONDITION\0ABORTED\0OUT_OF_RANGE\0UNIMPLEMENTED\0INTERNAL\0UNAVAILABLE\0"
    "DATA_LOSS\0UNAUTHENTICATED"sv;

}  // namespace

std::string_view name(StatusCode code) {
  std::string_view names = kNames;
  const StatusCode known = code <= StatusCode::Unauthenticated ? code : StatusCode::Unknown;
  for (auto before = static_cast<std::uint8_t>(known); before != 0; --before)
    names.remove_prefix(names.find('\0') + 1);
  return names.substr(0, names.find('\0'));
}

}  // namespace mote
