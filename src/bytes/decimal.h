// Decimal numbers in header fields: digits and nothing else.
#pragma once

#include <string_view>

namespace mote {

// The number that `digits` are, at most nine of them; 0 of none. -1: there is something else among them.
[[nodiscard]] int decimal(std::string_view digits);

}  // namespace mote
