// Base64 (RFC 4648 4) as gRPC-Web's text format has it: several encoded texts, each with its padding, may follow each other.
#pragma once

#include <cstddef>
#include <optional>

#include "mote/span.h"

namespace mote::http1 {

// Decodes in place. Returns the size of the result; nullopt if it is not base64.
[[nodiscard]] std::optional<std::size_t> base64_decode(MutableBytes text);

// Of `size` bytes, with padding.
constexpr std::size_t base64_size(std::size_t size) {
  return (size + 2) / 3 * 4;
}

// Encodes the last `size` bytes of `buffer` to its front. The buffer has base64_size(size) bytes at least.
void base64_encode(MutableBytes buffer, std::size_t size);

}  // namespace mote::http1
