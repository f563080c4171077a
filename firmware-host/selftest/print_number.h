// A number on a console that takes texts, without printf.
#pragma once

#include <cstdint>

namespace mote::selftest {

// `print` takes text with a NUL behind it.
void print_number(void (*print)(const char* text), std::uint32_t number);

}  // namespace mote::selftest
