// Pre-shared keys of clients without certificates: lines "NAME KEY", with 16 to 32 bytes in hexadecimal digits. NAME, the identity
// of the client, is a name (tls/names.h).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "mote/span.h"

namespace mote::tls {

using PskBuffer = std::array<std::uint8_t, 32>;

// Whether the text is a key.
[[nodiscard]] bool is_psk(std::string_view digits);

// The digits of the key that belongs to the identity. Empty if `lines` has none.
[[nodiscard]] std::string_view find_psk(std::string_view lines, std::string_view identity);

// The bytes of a key, in `to`.
[[nodiscard]] Bytes psk_bytes(std::string_view digits, PskBuffer& to);

}  // namespace mote::tls
