// Measures as people write them: numbers with units.
#pragma once

#include <cstdint>
#include <string_view>

namespace mote::text {

enum class Unit : std::uint8_t { Count, Bytes, Milliseconds, Seconds, PerSecond };

// Either a number, or (error not empty) what is wrong with the text and what to write instead.
struct ParsedQuantity {
  std::uint64_t value = 0;
  std::string_view error;
};

// A plain decimal number, in the unit's own measure. Bytes may carry KiB, MiB or GiB: "65536", "64KiB", "64 KiB". A number
// too large for 64 bits is the largest of them: the range of the setting tells what is allowed.
ParsedQuantity parse_quantity(std::string_view text, Unit unit);

struct Multiple {
  std::string_view suffix;
  std::uint64_t bytes;
};
// The multiples of bytes that have a name, the largest first.
inline constexpr Multiple kMultiples[] = {
    {"GiB", 1024ULL * 1024 * 1024},
    {"MiB", 1024ULL * 1024},
    {"KiB", 1024},
};

}  // namespace mote::text
