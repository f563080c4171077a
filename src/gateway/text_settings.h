// Settings that Config keeps as texts: paths of files and lists.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/settings.h"

namespace mote::gateway {

// "none" is no path, which is empty in Config.
Setting path_setting(std::string_view group, std::string_view key, std::string_view meaning, std::string Config::*path);

// What there is to say about a setting.
struct SettingTexts {
  std::string_view group;
  std::string_view key;
  std::string_view placeholder;
  std::string_view meaning;
  std::string_view allowed;
};

// Several values, or one with commas; "none" is the empty list. `fault` returns an error about an entry, or an empty text.
Setting list_setting(const SettingTexts& texts, std::vector<std::string> Config::*list,
                     std::string (*fault)(std::string_view entry));

}  // namespace mote::gateway
