// Numbers with units as people write them in settings and read them in reports.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/limits.h"

namespace mote::gateway {

// Either a number, or (error not empty) what is wrong with the text and what to write instead.
struct ParsedQuantity {
  std::uint64_t value = 0;
  std::string_view error;
};

// A plain decimal number, in the unit's own measure. Bytes may carry KiB, MiB or GiB: "65536", "64KiB", "64 KiB".
ParsedQuantity parse_quantity(std::string_view text, engine::Unit unit);

// The shortest exact spelling that parse_quantity() reads back: "64KiB", "10000".
std::string to_text(std::uint64_t value, engine::Unit unit);

// The unit in words: "count", "bytes", "milliseconds", "seconds", "per second".
std::string_view unit_name(engine::Unit unit);

// Bytes for the eye, rounded: "1456 B", "182 KiB", "1.4 MiB".
std::string readable_bytes(std::uint64_t bytes);

}  // namespace mote::gateway
