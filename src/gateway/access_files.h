// The files and lists that say who may connect and call. Before the gateway is ready, so it may use the heap.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "engine/access_texts.h"

namespace mote::gateway {

struct Config;

// The texts of an effective configuration (engine/access_texts.h).
struct AccessFiles {
  std::array<std::string, engine::kAccessParts> parts{};

  [[nodiscard]] std::string& operator[](engine::AccessPart part) { return parts[static_cast<std::size_t>(part)]; }
  // Views of the texts.
  [[nodiscard]] engine::AccessTexts texts() const;
  // Overwrites the key and the pre-shared keys.
  void wipe_keys();

  bool operator==(const AccessFiles&) const = default;
};

// Reads and checks all files of a configuration that load_config() has merged, and notes the memory that they need in its limits.
// Returns an empty text, or one line with the error; if it begins with a setting and ": ", that one is wrong.
[[nodiscard]] std::string load_access(Config& config);

// For an engine without TLS and authorization: the first setting that it does not know, as one line; empty if there is none.
[[nodiscard]] std::string unsupported_access(const Config& config);

// The files that SIGHUP reads again.
[[nodiscard]] std::vector<std::string> files_of(const Config& config);

}  // namespace mote::gateway
