#include "gateway/command_line.h"

#include <initializer_list>
#include <string_view>

#include "engine/concat.h"
#include "gateway/settings.h"
#include "text/flag.h"
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
// Short for --sandbox off.
constexpr std::string_view kNoSandbox = "no-sandbox";

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
  take_if_nearer(kNoSandbox);
  for (const ActionFlag& flag : kActions)
    take_if_nearer(flag.name);
  return nearest;
}

class Parser {
 public:
  explicit Parser(text::Arguments arguments) : rest_(arguments) {}

  CommandLine parse() {
    while (!rest_.empty())
      parse_flag(text::take_flag(rest_));
    return std::move(line_);
  }

 private:
  void parse_flag(const text::Flag& argument) {
    const std::string flag(argument.name == "-h" ? "--help" : argument.name);
    if (!flag.starts_with("--")) return add_error({"\"", flag, "\" is not a flag: flags begin with --"});
    const std::string name = flag.substr(2);
    if (const ActionFlag* action = find_action(name)) {
      if (argument.value != nullptr) return add_error({flag, ": the flag has no value"});
      return act(action->action);
    }
    if (name == kNoSandbox) {
      if (argument.value != nullptr) return add_error({flag, ": the flag has no value"});
      line_.assignments.push_back({{.source = flag, .line = 0}, find_setting("sandbox"), "off"});
      return;
    }
    const Setting* setting = find_setting(name);
    // Also after an unknown flag: the next argument is probably its value, and not another error.
    const char* value = argument.value != nullptr ? argument.value : text::take_value(rest_);
    if (setting == nullptr && name != kConfig)
      return add_error({"unknown flag ", flag, ", the nearest is --", nearest_flag(name)});
    if (value == nullptr || *value == '\0') return add_error({flag, ": the value is missing"});
    if (setting == nullptr) {
      line_.config_file = value;
    } else {
      line_.assignments.push_back({{.source = flag, .line = 0}, setting, value});
    }
  }

  void act(Action action) {
    if (line_.action != Action::Help && line_.action != Action::Version) line_.action = action;
  }

  void add_error(std::initializer_list<std::string_view> text) { line_.errors.push_back({{}, engine::concat(text)}); }

  text::Arguments rest_;
  CommandLine line_;
};

}  // namespace

CommandLine parse_command_line(std::span<const char* const> arguments) {
  return Parser(arguments).parse();
}

}  // namespace mote::gateway
