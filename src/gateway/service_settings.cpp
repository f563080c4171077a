#include "gateway/service_settings.h"

#include <vector>

#include "engine/concat.h"
#include "gateway/settings.h"
#include "mote/rpc/settings.h"
#include "text/measure.h"
#include "text/typing_distance.h"

namespace mote::gateway {

namespace {

// The variable of a key, which is one of these.
struct Variable {
  std::uint32_t* number = nullptr;
  std::uint32_t min = 0;
  std::uint32_t max = 0;
  std::string* text = nullptr;
  bool* flag = nullptr;
};

// The variable of each key, and its default, in the order of Config::service_values.
struct Key {
  Variable variable;
  std::string default_text;
};

std::vector<Key>& keys() {
  static std::vector<Key> all;
  return all;
}

// Of the program.
std::span<const rpc::Service>& known_services() {
  static std::span<const rpc::Service> all;
  return all;
}

std::string text_of(bool value) {
  return value ? "on" : "off";
}

std::string range_of(const Variable& number) {
  return engine::concat({engine::digits(number.min), " to ", engine::digits(number.max)});
}

std::string check_number(const Variable& number, std::string_view value) {
  const text::ParsedQuantity parsed = text::parse_quantity(value, text::Unit::Count);
  if (!parsed.error.empty()) return engine::concat({"\"", value, "\" is ", parsed.error});
  if (parsed.value >= number.min && parsed.value <= number.max) return {};
  return engine::concat({value, " is out of range: ", range_of(number)});
}

std::string set(const Setting& setting, Config& config, std::string_view value) {
  const Variable& variable = keys()[setting.service_key].variable;
  if (variable.number != nullptr) {
    std::string error = check_number(variable, value);
    if (!error.empty()) return error;
  } else if (variable.flag != nullptr && value != "on" && value != "off") {
    return engine::concat({"\"", value, "\" is neither on nor off"});
  }
  if (config.service_values.empty()) {
    for (const Key& key : keys())
      config.service_values.push_back(key.default_text);
  }
  config.service_values[setting.service_key] = value;
  return {};
}

std::vector<std::string> get(const Setting& setting, const Config& config) {
  const bool configured = !config.service_values.empty();
  return {configured ? config.service_values[setting.service_key] : keys()[setting.service_key].default_text};
}

class Collector final : public rpc::Settings {
 public:
  explicit Collector(std::string_view service) : service_(service) {}

  void number(std::string_view key, std::uint32_t& value, std::uint32_t min, std::uint32_t max,
              std::string_view meaning) override {
    const Variable variable = {.number = &value, .min = min, .max = max};
    add(key, variable, engine::digits(value), "COUNT", meaning, engine::concat({"count, ", range_of(variable)}));
  }
  void text(std::string_view key, std::string& value, std::string_view meaning) override {
    add(key, {.text = &value}, value, "TEXT", meaning, "text in one line");
  }
  void flag(std::string_view key, bool& value, std::string_view meaning) override {
    add(key, {.flag = &value}, text_of(value), "on|off", meaning, "on or off");
  }

  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  void add(std::string_view key, const Variable& variable, std::string default_text, std::string_view placeholder,
           std::string_view meaning, std::string allowed) {
    if (find_setting(key) != nullptr) {
      error_ = engine::concat({service_, " has a configuration key \"", key, "\", which exists already"});
      return;
    }
    keys().push_back({variable, std::move(default_text)});
    add_setting({.key = key,
                 .group = service_,
                 .placeholder = placeholder,
                 .meaning = meaning,
                 .allowed = std::move(allowed),
                 .limit = nullptr,
                 .list = false,
                 .set = set,
                 .get = get,
                 .service_key = keys().size() - 1});
  }

  std::string_view service_;
  std::string error_;
};

}  // namespace

std::string add_service_settings(std::span<const rpc::Service> services) {
  known_services() = services;
  for (const rpc::Service& service : services) {
    Collector collector(service.name);
    if (service.configure != nullptr) service.configure(service.object, collector);
    if (!collector.error().empty()) return collector.error();
  }
  return {};
}

std::string check_method(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (!path.starts_with('/') || slash == 0 || slash + 1 == path.size())
    return engine::concat({"\"", path, "\" is neither /package.Service/Method nor /package.Service/*"});
  const bool every = path.ends_with("/*");
  std::string nearest;
  const auto is_path = [&](const std::string& known) {
    if (nearest.empty() || text::typing_distance(path, known) < text::typing_distance(path, nearest)) nearest = known;
    return known == path;
  };
  for (const rpc::Service& service : known_services()) {
    if (is_path(engine::concat({"/", service.name, "/*"}))) return {};
    if (every) continue;
    for (const rpc::Method& method : service.methods) {
      if (is_path(std::string(method.path))) return {};
    }
  }
  if (nearest.empty()) return {};
  return engine::concat({"\"", path, "\" is not served, the nearest is \"", nearest, "\""});
}

void apply_service_settings(const Config& config) {
  for (std::size_t i = 0; i < config.service_values.size(); ++i) {
    const std::string& value = config.service_values[i];
    const Variable& variable = keys()[i].variable;
    if (variable.number != nullptr) {
      *variable.number = static_cast<std::uint32_t>(text::parse_quantity(value, text::Unit::Count).value);
    } else if (variable.flag != nullptr) {
      *variable.flag = value == text_of(true);
    } else {
      *variable.text = value;
    }
  }
}

}  // namespace mote::gateway
