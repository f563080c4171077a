#include "gateway/config_file.h"

#include <algorithm>
#include <utility>

#include "engine/concat.h"
#include "gateway/settings.h"
#include "gateway/text_file.h"

namespace mote::gateway {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || kBlanks.find(line[at - 1]) != std::string_view::npos) return line.substr(0, at);
  }
  return line;
}

const Assignment* earlier(const Assignments& assignments, const Setting& setting) {
  for (const Assignment& assignment : assignments) {
    if (assignment.setting == &setting) return &assignment;
  }
  return nullptr;
}

// Reads one line into `file`. Returns an error, or an empty text.
std::string parse_line(std::string_view line, const Origin& origin, ConfigFile& file) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return "this is not \"key = value\"";
  const std::string_view key = trimmed(line.substr(0, equals));
  const std::string_view value = trimmed(line.substr(equals + 1));
  const Setting* setting = find_setting(key);
  if (setting == nullptr)
    return engine::concat({"unknown key \"", key, "\", the nearest is \"", nearest_setting(key), "\""});
  if (value.empty()) return engine::concat({key, ": the value is missing"});
  const Assignment* before = earlier(file.assignments, *setting);
  if (before != nullptr && !setting->list)
    return engine::concat({key, ": set in line ", engine::digits(before->origin.line), " already"});
  file.assignments.push_back({origin, setting, std::string(value)});
  return {};
}

}  // namespace

ConfigFile parse_config_file(std::string_view text, const std::string& name) {
  ConfigFile file;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(without_comment(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const Origin origin{.source = name, .line = number};
    std::string error = parse_line(line, origin, file);
    if (!error.empty()) file.errors.push_back({origin, std::move(error)});
  }
  return file;
}

ConfigFile read_config_file(const std::string& path) {
  const TextFile file = read_text_file(path);
  if (file.text) return parse_config_file(*file.text, path);
  const Origin origin{.source = path, .line = 0};
  return {.assignments = {}, .errors = {{origin, engine::concat({"cannot be read: ", file.error})}}};
}

}  // namespace mote::gateway
