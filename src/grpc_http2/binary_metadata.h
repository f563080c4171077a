// Base64 (RFC 4648 4) of the values of "-bin" metadata (PROTOCOL-HTTP2.md, "Binary-Header"): read with or without padding,
// written without. The caller splits lists at their commas. The lean engine and the device client pass these values on unchanged;
// the official engine converts them, because its library uses decoded bytes.
#pragma once

#include <cstddef>
#include <string_view>

#include "bytes/byte_writer.h"
#include "mote/span.h"

namespace mote::grpc_http2 {

// The number of characters that base64_encode() writes for `bytes` bytes.
[[nodiscard]] constexpr std::size_t base64_encoded_size(std::size_t bytes) {
  return bytes / 3 * 4 + (bytes % 3 * 4 + 2) / 3;
}

// If it does not fit, `out` is overflowed() and may hold a part.
void base64_encode(ByteWriter& out, Bytes bytes);

// The number of bytes that base64_decode() writes for a valid text.
[[nodiscard]] std::size_t base64_decoded_size(std::string_view text);

// False if the text is not base64: an invalid character, a single character in the last group, or padding that does not fill
// up to four. Unused bits of the last character are ignored. After false, `out` may hold a part: rewind() it. If valid text
// does not fit, `out` is overflowed().
[[nodiscard]] bool base64_decode(std::string_view text, ByteWriter& out);

}  // namespace mote::grpc_http2
