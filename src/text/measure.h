// Parses numbers with units.
#pragma once

#include <cstdint>
#include <string_view>

namespace mote::text {

enum class Unit : std::uint8_t { Count, Bytes, Milliseconds, Seconds, PerSecond };

// A number, or a non-empty error that names the correct form.
struct ParsedQuantity {
  std::uint64_t value = 0;
  std::string_view error;
};

// A decimal number in the unit. Bytes may have the suffix KiB, MiB or GiB: "65536", "64KiB", "64 KiB". A number that is too
// large for 64 bits becomes the largest one, so that the caller's check of the range reports what is allowed.
ParsedQuantity parse_quantity(std::string_view text, Unit unit);

struct Multiple {
  std::string_view suffix;
  std::uint64_t bytes;
};
// The multiples of bytes, the largest first.
inline constexpr Multiple kMultiples[] = {
    {"GiB", 1024ULL * 1024 * 1024},
    {"MiB", 1024ULL * 1024},
    {"KiB", 1024},
};

}  // namespace mote::text
