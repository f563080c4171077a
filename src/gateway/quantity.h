// Numbers with units, written for settings and reports; text/measure.h reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "text/measure.h"

namespace mote::gateway {

// The shortest exact spelling that text::parse_quantity() reads back: "64KiB", "10000".
std::string to_text(std::uint64_t value, text::Unit unit);

// The unit in words: "count", "bytes", "milliseconds", "seconds", "per second".
std::string_view unit_name(text::Unit unit);

// Bytes for the eye, rounded: "1456 B", "182 KiB", "1.4 MiB".
std::string readable_bytes(std::uint64_t bytes);

}  // namespace mote::gateway
