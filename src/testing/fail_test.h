// The end of a test that uses the library in a wrong way.
#pragma once

#include <string_view>

namespace mote::testing {

// Prints one line to stderr and aborts, which every test framework reports.
[[noreturn]] void fail_test(std::string_view reason);

}  // namespace mote::testing
