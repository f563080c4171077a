#include "text/flag.h"

#include <cstring>
#include <iterator>

namespace mote::text {

Flag take_flag(Arguments& arguments) {
  const char* argument = arguments.front();
  arguments = arguments.subspan(1);
  const char* equals = std::strchr(argument, '=');
  if (equals == nullptr) return {argument, nullptr};
  return {{argument, static_cast<std::size_t>(equals - argument)}, std::next(equals)};
}

const char* take_value(Arguments& arguments) {
  if (arguments.empty() || std::string_view(arguments.front()).starts_with("--")) return nullptr;
  const char* value = arguments.front();
  arguments = arguments.subspan(1);
  return value;
}

}  // namespace mote::text
