// A number on the image's console (selftest.h), without printf.
#pragma once

#include <cstdint>

namespace mote::selftest {

// Behind a text.
void print_number(const char* text, std::uint32_t number);

}  // namespace mote::selftest
