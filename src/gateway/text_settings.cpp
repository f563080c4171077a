#include "gateway/text_settings.h"

#include <algorithm>

namespace mote::gateway {
namespace {

constexpr std::string_view kNone = "none";

std::string set_path(const Setting& setting, Config& config, std::string_view value) {
  (config.*setting.path).assign(value == kNone ? std::string_view() : value);
  return {};
}

std::vector<std::string> get_path(const Setting& setting, const Config& config) {
  const std::string& path = config.*setting.path;
  return {path.empty() ? std::string(kNone) : path};
}

std::string add_entries(const Setting& setting, Config& config, std::string_view value) {
  if (value == kNone) return {};
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    std::string_view entry = value.substr(begin, end - begin);
    entry.remove_prefix(std::min(entry.find_first_not_of(' '), entry.size()));
    std::string error = setting.fault(entry);
    if (!error.empty()) return error;
    (config.*setting.entries).emplace_back(entry);
    begin = end + 1;
  }
  return {};
}

std::vector<std::string> get_entries(const Setting& setting, const Config& config) {
  const std::vector<std::string>& entries = config.*setting.entries;
  if (entries.empty()) return {std::string(kNone)};
  return entries;
}

void clear_entries(const Setting& setting, Config& config) {
  (config.*setting.entries).clear();
}

}  // namespace

Setting path_setting(std::string_view group, std::string_view key, std::string_view meaning,
                     std::string Config::*path) {
  return {.key = key,
          .group = group,
          .placeholder = "FILE",
          .meaning = meaning,
          .allowed = "a path, or none",
          .limit = nullptr,
          .list = false,
          .set = set_path,
          .get = get_path,
          .path = path};
}

Setting list_setting(const SettingTexts& texts, std::vector<std::string> Config::*list,
                     std::string (*fault)(std::string_view entry)) {
  return {.key = texts.key,
          .group = texts.group,
          .placeholder = texts.placeholder,
          .meaning = texts.meaning,
          .allowed = std::string(texts.allowed),
          .limit = nullptr,
          .list = true,
          .set = add_entries,
          .get = get_entries,
          .clear = clear_entries,
          .entries = list,
          .fault = fault};
}

}  // namespace mote::gateway
