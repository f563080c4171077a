#include "gateway/command_line.h"

#include <string_view>

#include "gateway/settings.h"
#include "text/typing_distance.h"

namespace mote::gateway {
namespace {

struct ActionFlag {
  std::string_view name;
  Action action;
};
constexpr ActionFlag kActions[] = {
    {"print-config", Action::PrintConfig},
    {"check-config", Action::CheckConfig},
    {"help", Action::Help},
    {"version", Action::Version},
};
constexpr std::string_view kConfig = "config";

const ActionFlag* find_action(std::string_view name) {
  for (const ActionFlag& flag : kActions) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

std::string_view nearest_flag(std::string_view name) {
  std::string_view nearest = nearest_setting(name);
  const auto take_if_nearer = [&](std::string_view other) {
    if (text::typing_distance(name, other) < text::typing_distance(name, nearest)) nearest = other;
  };
  take_if_nearer(kConfig);
  for (const ActionFlag& flag : kActions)
    take_if_nearer(flag.name);
  return nearest;
}

class Parser {
 public:
  explicit Parser(std::span<const char* const> arguments) : rest_(arguments) {}

  CommandLine parse() {
    while (!rest_.empty())
      parse_argument(next());
    return std::move(line_);
  }

 private:
  std::string_view next() {
    const std::string_view argument = rest_.front();
    rest_ = rest_.subspan(1);
    return argument;
  }

  void parse_argument(std::string_view argument) {
    if (argument == "-h") argument = "--help";
    if (!argument.starts_with("--"))
      return complain("\"" + std::string(argument) + "\" is no flag: flags begin with --");
    const std::string_view body = argument.substr(2);
    const std::size_t equals = body.find('=');
    const std::string_view name = body.substr(0, equals);
    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) value = body.substr(equals + 1);
    parse_flag(std::string(name), value);
  }

  void parse_flag(const std::string& name, std::optional<std::string_view> value) {
    const std::string flag = "--" + name;
    if (const ActionFlag* action = find_action(name)) {
      if (value) return complain(flag + " takes no value");
      return act(action->action);
    }
    const Setting* setting = find_setting(name);
    if (setting == nullptr && name != kConfig) {
      // What follows was meant as the value of this flag, and is no second mistake.
      if (!value && next_is_value()) next();
      return complain("unknown flag " + flag + ", the nearest is --" + std::string(nearest_flag(name)));
    }
    if (!value && next_is_value()) value = next();
    if (!value || value->empty()) return complain(flag + ": the value is missing");
    if (setting == nullptr) {
      line_.config_file = *value;
    } else {
      line_.assignments.push_back({{.source = flag, .line = 0}, setting, std::string(*value)});
    }
  }

  [[nodiscard]] bool next_is_value() const {
    return !rest_.empty() && !std::string_view(rest_.front()).starts_with("--");
  }

  void act(Action action) {
    if (line_.action != Action::Help && line_.action != Action::Version) line_.action = action;
  }

  void complain(std::string text) { line_.errors.push_back({{}, std::move(text)}); }

  std::span<const char* const> rest_;
  CommandLine line_;
};

}  // namespace

CommandLine parse_command_line(std::span<const char* const> arguments) {
  return Parser(arguments).parse();
}

}  // namespace mote::gateway
