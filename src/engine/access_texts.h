// Who may connect and call, as texts: the contents of the files that the configuration names, and its lists. An engine keeps them in
// one buffer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/span.h"

namespace mote::engine {

enum class AccessPart : std::uint8_t {
  Certificate,  // PEM, like the next two.
  Key,
  ClientCa,
  MinVersion,    // "1.2" or "1.3"
  AllowedNames,  // Patterns of DNS names. From here on, entries end with a line feed.
  Psks,          // "NAME KEY" (tls/pre_shared_keys.h).
  Suites,        // Names of cipher suites.
  Tokens,        // "NAME HASH", with 64 lower-case hexadecimal digits of SHA-256.
  Rules,         // "NAME /package.Service/Method", or "NAME /package.Service/*"
};
inline constexpr std::size_t kAccessParts = 9;

// A zero, which is not counted, follows each text.
struct AccessTexts {
  std::array<std::string_view, kAccessParts> parts{};

  [[nodiscard]] std::string_view operator[](AccessPart part) const { return parts[static_cast<std::size_t>(part)]; }
};

// The sizes of the texts in a buffer, in bytes.
struct AccessSizes {
  std::array<std::uint32_t, kAccessParts> sizes{};

  // With the zeros.
  [[nodiscard]] std::size_t total() const;
};

AccessSizes sizes_of(const AccessTexts& texts);
// Copies the texts, one behind the other; `to` has room for the total of their sizes.
void pack(const AccessTexts& texts, MutableBytes to);
// The texts in a buffer that pack() has filled.
AccessTexts unpack(const AccessSizes& sizes, Bytes from);

// Takes the first line from `lines`, without its line feed.
std::string_view take_line(std::string_view& lines);

}  // namespace mote::engine
