// Hashes of bearer tokens.
#pragma once

#include <array>
#include <string_view>

namespace mote::tls {

// SHA-256 of a text, in lower-case hexadecimal digits. No heap.
using HashText = std::array<char, 64>;
[[nodiscard]] HashText hash_of(std::string_view text);

// Whether the text has the form of a hash, in digits of any case.
[[nodiscard]] bool is_hash(std::string_view text);

// Whether `hash` is the hash, in a time that does not depend on where they differ.
[[nodiscard]] bool same_hash(const HashText& hash, std::string_view other);

}  // namespace mote::tls
