// PEM (RFC 7468): blocks of base64 between "-----BEGIN LABEL-----" and "-----END LABEL-----". mbedTLS has a reader too, but it brings
// 2.5 KB of search functions into a static program, and passwords.
#pragma once

#include <cstddef>
#include <string_view>

#include "mote/span.h"

namespace mote::tls {

struct PemBlock {
  std::string_view label;    // "CERTIFICATE"; empty: there is no block.
  std::string_view content;  // Base64 and line breaks.
};

// The first block of `text`, which then begins behind it. Other text is left out.
[[nodiscard]] PemBlock take_pem_block(std::string_view& text);

// The most that pem_decode() writes.
constexpr std::size_t most_pem_bytes(const PemBlock& block) {
  return block.content.size() * 3 / 4;
}

// Returns the bytes in `to`; 0 if they do not fit, or if the content is not base64, such as that of a key with a password.
[[nodiscard]] std::size_t pem_decode(const PemBlock& block, MutableBytes to);

}  // namespace mote::tls
