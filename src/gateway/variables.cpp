#include "gateway/variables.h"

#include <charconv>

namespace mote::gateway {

std::optional<std::string_view> find_variable(const char* const* variables, std::string_view name) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-bounds-pointer-arithmetic): environ has no size, only an end
  for (; *variables != nullptr; ++variables) {
    const std::string_view variable = *variables;
    if (variable.starts_with(name) && variable.substr(name.size()).starts_with('=')) {
      return variable.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> find_number(const char* const* variables, std::string_view name) {
  const std::optional<std::string_view> text = find_variable(variables, name);
  if (!text) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = text->data() + text->size();
  const std::from_chars_result parsed = std::from_chars(text->data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace mote::gateway
