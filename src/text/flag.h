// Splits the arguments of a command line into flags and their values: --NAME VALUE or --NAME=VALUE.
#pragma once

#include <span>
#include <string_view>

namespace mote::text {

using Arguments = std::span<const char* const>;

struct Flag {
  std::string_view name;        // "--target"; an argument that is not a flag is unchanged up to its '='
  const char* value = nullptr;  // the text after '='; null if there is none
};

// Removes the first argument and splits it. There must be one.
Flag take_flag(Arguments& arguments);

// The value of a flag without '=': the next argument, which is removed, unless it begins with "--". Null: there is no value.
const char* take_value(Arguments& arguments);

}  // namespace mote::text
