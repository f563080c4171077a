#include "gateway/config_text.h"

#include "engine/concat.h"
#include "gateway/memory_report.h"
#include "gateway/served_product.h"
#include "gateway/settings.h"

namespace mote::gateway {
namespace {

constexpr std::size_t kColumns = 100;

std::string introduction() {
  return engine::concat(
      {"Configuration of ", product().name,
       ": one \"key = value\" per line; values that are commented out are the defaults. ",
       "Every key is also a flag (--key value) and an environment variable (", product().environment,
       "KEY, '_' for '-'). The command line overrides the environment, the environment overrides this file. ",
       "Bytes may be written with KiB, MiB and GiB."});
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (!joined.empty()) joined += separator;
    joined += part;
  }
  return joined;
}

// `text` as comment lines, with line breaks at blanks.
std::string comment(std::string_view text) {
  std::string lines = "#";
  std::size_t column = 1;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (column > 1 && column + 1 + end > kColumns) {
      lines += "\n#";
      column = 1;
    }
    lines += ' ';
    lines += text.substr(0, end);
    column += 1 + end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines + "\n";
}

std::string default_of(const Setting& setting) {
  return join(setting.get(setting, Config{}), ", ");
}

bool is_automatic(const Setting& setting, const Config& configured) {
  const engine::LimitRow* row = setting.limit;
  return row != nullptr && row->zero == engine::Zero::Automatic && row->get(configured.limits) == 0;
}

std::string values_text(const Setting& setting, const Config& configured, const Config& effective) {
  std::string text = engine::concat({"Default: ", default_of(setting), ". Values: ", setting.allowed, "."});
  if (is_automatic(setting, configured))
    text += engine::concat({" Automatic is ", setting.get(setting, effective).front(), " here."});
  return comment(text);
}

std::string limit_text(const engine::LimitRow& row, const Config& effective, const engine::EngineSizes& sizes) {
  const std::string cost = cost_in_words(row, effective.limits, sizes);
  return engine::concat({comment(engine::concat({"The peer receives: ", row.answer})),
                         comment(engine::concat({"Memory: ", row.cost_text, cost.empty() ? "" : ", here ", cost, "."})),
                         comment(engine::concat({"Counter: ", row.counter, "."})),
                         comment(row.reloadable ? "SIGHUP: changes at once." : "SIGHUP: needs a restart.")});
}

std::string setting_text(const Setting& setting, const Config& configured, const Config& effective,
                         const engine::EngineSizes& sizes) {
  std::string text = comment(setting.meaning) + values_text(setting, configured, effective);
  if (setting.limit != nullptr) text += limit_text(*setting.limit, effective, sizes);
  const std::vector<std::string> values = setting.get(setting, configured);
  const std::string mark = values == setting.get(setting, Config{}) ? "#" : "";
  for (const std::string& value : values) {
    text.append(mark).append(setting.key).append(" = ").append(value).append("\n");
  }
  return text;
}

}  // namespace

std::string config_text(const Config& configured, const engine::EngineSizes& sizes) {
  Config effective = configured;
  engine::resolve(effective.limits);
  std::string text =
      engine::concat({comment(introduction()), "#\n",
                      comment(engine::concat({"Memory: ", worst_case_in_words(effective, sizes), "."}))});
  std::string_view group;
  for (const Setting& setting : settings()) {
    if (setting.group != group) text.append("\n\n").append(comment(engine::concat({setting.group, ":"})));
    group = setting.group;
    text.append("\n").append(setting_text(setting, configured, effective, sizes));
  }
  return text;
}

std::string help_text(std::string_view program, std::string_view services) {
  std::string text = engine::concat(
      {"Usage: ", program,
       " [--config FILE] [--KEY VALUE]...\n\nA gRPC gateway whose limits are fixed at start. It serves:\n\n", services,
       "\n  --config FILE     read settings from FILE (\"key = value\" lines)\n"
       "  --no-sandbox      as --sandbox off, for debugging\n"
       "  --print-config    print the settings in force as a file that explains every key, and exit\n"
       "  --check-config    report all errors of the configuration, and exit\n"
       "  --help            print this, and exit\n"
       "  --version         print the version, and exit\n"});
  std::string_view group;
  for (const Setting& setting : settings()) {
    if (setting.group != group) text += engine::concat({"\n", setting.group, " (default):\n"});
    group = setting.group;
    std::string flag = engine::concat({"  --", setting.key, " ", setting.placeholder});
    flag.resize(std::max<std::size_t>(flag.size() + 2, 39), ' ');
    text += engine::concat({flag, is_automatic(setting, Config{}) ? "automatic" : default_of(setting), "\n"});
  }
  return text;
}

}  // namespace mote::gateway
