// Percent encoding of grpc-message (PROTOCOL-HTTP2.md, "Status-Message"): 0x20 to 0x7e stay unchanged, except '%'; every
// other byte of the UTF-8 text becomes %XX. So does a space at the start or end of the text, because a field value must not
// begin or end with whitespace (RFC 9113 8.2.1); every decoder accepts this.
#pragma once

#include <cstddef>
#include <string_view>

#include "bytes/byte_writer.h"
#include "mote/span.h"

namespace mote::grpc_http2 {

// The number of bytes that percent_encode() writes: at most three times the size of the text.
[[nodiscard]] std::size_t percent_encoded_size(std::string_view text);

// If it does not fit, `out` is overflowed() and may hold a part.
void percent_encode(ByteWriter& out, std::string_view text);

// The number of bytes that percent_decode() writes: at most the size of `encoded`.
[[nodiscard]] std::size_t percent_decoded_size(std::string_view encoded);

// Never fails, as the specification requires: an invalid escape stays unchanged. The result may not be valid UTF-8. If it does
// not fit, `out` is overflowed() and may hold a part.
void percent_decode(std::string_view encoded, ByteWriter& out);

}  // namespace mote::grpc_http2
