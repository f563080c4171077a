// Settings whose value is the path of a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/settings.h"

namespace mote::gateway {

inline constexpr std::string_view kNone = "none";

template <auto Field>
std::string set_path(const Setting&, Config& config, std::string_view value) {
  config.*Field = value == kNone ? std::string() : std::string(value);
  return {};
}

template <auto Field>
std::vector<std::string> get_path(const Setting&, const Config& config) {
  return {(config.*Field).empty() ? std::string(kNone) : config.*Field};
}

// A setting that stores its value in the std::string `Field` of Config.
template <auto Field>
Setting path_setting(std::string_view group, std::string_view key, std::string_view meaning) {
  return {.key = key,
          .group = group,
          .placeholder = "FILE",
          .meaning = meaning,
          .allowed = "a path, or none",
          .limit = nullptr,
          .list = false,
          .set = set_path<Field>,
          .get = get_path<Field>};
}

}  // namespace mote::gateway
