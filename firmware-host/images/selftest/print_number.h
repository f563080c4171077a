// Prints a number on the console of the image (selftest.h) without printf.
#pragma once

#include <cstdint>

namespace mote::selftest {

// Prints a text before the number.
void print_number(const char* text, std::uint32_t number);

}  // namespace mote::selftest
