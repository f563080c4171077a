#include "testing/setting_values.h"

#include "testing/fail_test.h"
#include "text/measure.h"

namespace mote::testing {

namespace {

[[noreturn]] void refuse(std::string_view key, std::string_view value, std::string_view reason) {
  fail_test(std::string(key) + " = " + std::string(value) + ": " + std::string(reason));
}

std::uint64_t parsed(std::string_view key, std::string_view value, text::Unit unit) {
  const text::ParsedQuantity quantity = text::parse_quantity(value, unit);
  if (!quantity.error.empty()) refuse(key, value, quantity.error);
  return quantity.value;
}

}  // namespace

engine::Limits SettingValues::limits() {
  engine::Limits limits;
  for (const engine::LimitRow& row : engine::limit_table()) {
    const std::string_view* const value = find(row.name);
    if (value == nullptr) continue;
    const std::uint64_t number = parsed(row.name, *value, row.unit);
    if (!row.accepts(number)) refuse(row.name, *value, "out of range");
    row.set(limits, static_cast<std::uint32_t>(number));
  }
  const engine::Limits chosen = limits;
  engine::resolve(limits);
  for (const engine::LimitRule& rule : engine::limit_rules()) {
    const engine::LimitRow& row = engine::limit_row(rule.limit);
    const bool automatic = row.zero == engine::Zero::Automatic && row.get(chosen) == 0;
    if (automatic || rule.holds(limits)) continue;
    const bool at_least = rule.kind == engine::LimitRule::Kind::AtLeast;
    fail_test(std::string(row.name) + " must be " + (at_least ? "at least " : "at most ") +
              std::string(rule.bound_text));
  }
  return limits;
}

const std::string_view* SettingValues::find(std::string_view key) {
  const std::string_view* found = nullptr;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].key != key) continue;
    used_[i] = true;
    found = &values_[i].value;
  }
  return found;
}

void SettingValues::number(std::string_view key, std::uint32_t& value, std::uint32_t min, std::uint32_t max,
                           std::string_view /*meaning*/) {
  const std::string_view* const chosen = find(key);
  if (chosen == nullptr) return;
  const std::uint64_t number = parsed(key, *chosen, text::Unit::Count);
  if (number < min || number > max)
    refuse(key, *chosen, "out of range: " + std::to_string(min) + " to " + std::to_string(max));
  value = static_cast<std::uint32_t>(number);
}

void SettingValues::text(std::string_view key, std::string& value, std::string_view /*meaning*/) {
  if (const std::string_view* const chosen = find(key)) value = *chosen;
}

void SettingValues::flag(std::string_view key, bool& value, std::string_view /*meaning*/) {
  const std::string_view* const chosen = find(key);
  if (chosen == nullptr) return;
  if (*chosen != "on" && *chosen != "off") refuse(key, *chosen, "neither on nor off");
  value = *chosen == "on";
}

void SettingValues::finish() const {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (!used_[i]) fail_test("nothing has the configuration key " + std::string(values_[i].key));
  }
}

}  // namespace mote::testing
