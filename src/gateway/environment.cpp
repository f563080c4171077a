#include "gateway/environment.h"

#include <charconv>
#include <string_view>

#include "engine/concat.h"
#include "gateway/served_product.h"
#include "gateway/settings.h"

namespace mote::gateway {
namespace {

constexpr std::string_view kTest = "TEST_";

const Setting* setting_of_variable(std::string_view name) {
  for (const Setting& setting : settings()) {
    if (variable_name(setting.key) == name) return &setting;
  }
  return nullptr;
}

void read_variable(const std::string& name, std::string_view value, Environment& environment) {
  const std::string_view key = std::string_view(name).substr(product().environment.size());
  if (key == "CONFIG") {
    environment.config_file = value;
  } else if (const Setting* setting = setting_of_variable(name)) {
    environment.assignments.push_back({{.source = name, .line = 0}, setting, std::string(value)});
  } else {
    const std::string_view nearest = nearest_setting(key);
    environment.warnings.push_back(
        engine::concat({name, " is no setting and changes nothing, the nearest is ", variable_name(nearest)}));
  }
}

}  // namespace

Environment read_environment(const char* const* variables) {
  Environment environment;
  const std::string_view prefix = product().environment;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-bounds-pointer-arithmetic): environ has no size, only an end
  for (; *variables != nullptr; ++variables) {
    const std::string_view variable = *variables;
    const std::size_t equals = variable.find('=');
    if (!variable.starts_with(prefix) || variable.substr(prefix.size()).starts_with(kTest)) continue;
    if (equals == std::string_view::npos) continue;
    read_variable(std::string(variable.substr(0, equals)), variable.substr(equals + 1), environment);
  }
  return environment;
}

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
