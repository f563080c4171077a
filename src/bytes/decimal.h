// Decimal numbers in header fields: only digits.
#pragma once

#include <string_view>

namespace mote {

// The value of at most nine digits; 0 for an empty text. -1: a character is not a digit.
[[nodiscard]] int decimal(std::string_view digits);

}  // namespace mote
