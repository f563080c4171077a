// Base64 (RFC 4648 4) of the values of "-bin" metadata (PROTOCOL-HTTP2.md, "Binary-Header"): read with or without padding,
// written without. The caller splits a value that is a list separated by commas. The lean engine and the device client pass
// these values on as they are; the official engine converts, because its library works with decoded bytes.
#pragma once

#include <cstddef>
#include <string_view>

#include "bytes/byte_writer.h"
#include "mote/span.h"

namespace mote::grpc_http2 {

// Characters that base64_encode() writes for `bytes` bytes.
[[nodiscard]] constexpr std::size_t base64_encoded_size(std::size_t bytes) {
  return bytes / 3 * 4 + (bytes % 3 * 4 + 2) / 3;
}

// Where it does not fit, `out` is overflowed() and may hold a part.
void base64_encode(ByteWriter& out, Bytes bytes);

// Bytes that base64_decode() writes for this text, if it is good.
[[nodiscard]] std::size_t base64_decoded_size(std::string_view text);

// False for text that is no base64: a foreign character, a lone last one, padding that does not fill up to four. The
// bits that a last character has too many are ignored. `out` may hold a part of bad text: rewind() it. Where good text
// does not fit, `out` is overflowed().
[[nodiscard]] bool base64_decode(std::string_view text, ByteWriter& out);

}  // namespace mote::grpc_http2
