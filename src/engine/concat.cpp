#include "engine/concat.h"

namespace mote::engine {

std::string concat(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts)
    text += part;
  return text;
}

std::string digits(std::uint64_t number) {
  return std::to_string(number);
}

}  // namespace mote::engine
