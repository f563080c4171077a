// Single environment variables, without a heap.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mote::gateway {

// The value of `name`. `variables` is what main() gets as environ: NAME=VALUE strings, ended by a null pointer.
std::optional<std::string_view> find_variable(const char* const* variables, std::string_view name);

// The value of `name` where it is a number in decimal digits and nothing else.
std::optional<std::uint64_t> find_number(const char* const* variables, std::string_view name);

}  // namespace mote::gateway
