#include "gateway/quantity.h"

#include <array>
#include <charconv>
#include <limits>

namespace mote::gateway {
namespace {

using engine::Unit;

struct Multiple {
  std::string_view suffix;
  std::uint64_t bytes;
};
// The largest first, for to_text() takes the first that fits.
constexpr std::array<Multiple, 3> kMultiples = {{
    {"GiB", 1024ULL * 1024 * 1024},
    {"MiB", 1024ULL * 1024},
    {"KiB", 1024},
}};

constexpr std::uint64_t kTooLarge = std::numeric_limits<std::uint64_t>::max();

std::string_view what_to_write(Unit unit) {
  switch (unit) {
    case Unit::Bytes:
      return "not a number of bytes: write 65536, 64KiB or 4MiB";
    case Unit::Milliseconds:
      return "not a number of milliseconds: write 10000 for ten seconds";
    case Unit::Seconds:
      return "not a number of seconds: write 10";
    case Unit::Count:
    case Unit::PerSecond:
      break;
  }
  return "not a number: write digits only";
}

// The factor that a suffix stands for, or 0.
std::uint64_t factor_of(std::string_view suffix, Unit unit) {
  if (suffix.empty()) return 1;
  if (unit != Unit::Bytes) return 0;
  if (suffix.starts_with(' ')) suffix.remove_prefix(1);
  for (const Multiple& multiple : kMultiples) {
    if (suffix == multiple.suffix) return multiple.bytes;
  }
  return 0;
}

}  // namespace

ParsedQuantity parse_quantity(std::string_view text, Unit unit) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::uint64_t factor = factor_of(text.substr(digits), unit);
  if (digits == 0 || factor == 0) return {.value = 0, .error = what_to_write(unit)};
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + digits, number);
  // Too large for 64 bits is still a number: the range check tells what is allowed.
  if (error != std::errc{} || number > kTooLarge / factor) return {.value = kTooLarge, .error = {}};
  return {.value = number * factor, .error = {}};
}

std::string to_text(std::uint64_t value, Unit unit) {
  if (unit == Unit::Bytes && value != 0) {
    for (const Multiple& multiple : kMultiples) {
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
