#include "text/measure.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace mote::text {
namespace {

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

// The factor of a suffix, or 0.
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
  // A number that is too large for 64 bits is not an error here: the check of the range reports what is allowed.
  if (error != std::errc{} || number > kTooLarge / factor) return {.value = kTooLarge, .error = {}};
  return {.value = number * factor, .error = {}};
}

}  // namespace mote::text
