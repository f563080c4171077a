#include "gateway/quantity.h"

namespace mote::gateway {

using text::Unit;

std::string to_text(std::uint64_t value, Unit unit) {
  if (unit == Unit::Bytes && value != 0) {
    for (const text::Multiple& multiple : text::kMultiples) {
      if (value % multiple.bytes == 0) return std::to_string(value / multiple.bytes) + std::string(multiple.suffix);
    }
  }
  return std::to_string(value);
}

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::Count:
      return "count";
    case Unit::Bytes:
      return "bytes";
    case Unit::Milliseconds:
      return "milliseconds";
    case Unit::Seconds:
      return "seconds";
    case Unit::PerSecond:
      return "per second";
  }
  return "";
}

std::string readable_bytes(std::uint64_t bytes) {
  constexpr std::uint64_t kKiB = 1024;
  constexpr std::uint64_t kMiB = 1024 * kKiB;
  if (bytes < 10 * kKiB) return std::to_string(bytes) + " B";
  if (bytes < kMiB) return std::to_string((bytes + kKiB / 2) / kKiB) + " KiB";
  const std::uint64_t tenths = bytes / kMiB * 10 + (bytes % kMiB * 10 + kMiB / 2) / kMiB;
  const std::string whole = std::to_string(tenths / 10);
  return tenths % 10 == 0 ? whole + " MiB" : whole + "." + std::to_string(tenths % 10) + " MiB";
}

}  // namespace mote::gateway
