// Texts one behind the other. A function of its own, because chains of operator+ are several times the code.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace mote::engine {

std::string concat(std::initializer_list<std::string_view> parts);

// In decimal digits.
std::string digits(std::uint64_t number);

}  // namespace mote::engine
