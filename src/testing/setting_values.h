// Gives services the configuration values that a test chose.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/limits.h"
#include "mote/rpc/settings.h"
#include "mote/testing/setting.h"

namespace mote::testing {

// Each value belongs to a key of a service or to a limit. Fails if a value is wrong, or if nothing has its key.
class SettingValues final : public rpc::Settings {
 public:
  explicit SettingValues(std::span<const Setting> values) : values_(values), used_(values.size(), false) {}

  // Resolved limits with the values.
  [[nodiscard]] engine::Limits limits();
  void number(std::string_view key, std::uint32_t& value, std::uint32_t min, std::uint32_t max,
              std::string_view meaning) override;
  void text(std::string_view key, std::string& value, std::string_view meaning) override;
  void flag(std::string_view key, bool& value, std::string_view meaning) override;
  // Fails if a value was not used.
  void finish() const;

 private:
  // The value of the key, or null.
  const std::string_view* find(std::string_view key);

  std::span<const Setting> values_;
  std::vector<bool> used_;
};

}  // namespace mote::testing
