// Percent encoding of grpc-message (PROTOCOL-HTTP2.md, "Status-Message"): 0x20 to 0x7e stay as they are, except '%';
// every other byte of the UTF-8 text becomes %XX. So does a space that begins or ends the text, because a field value may
// neither begin nor end with whitespace (RFC 9113 8.2.1); every decoder reads it back.
#pragma once

#include <cstddef>
#include <string_view>

#include "bytes/byte_writer.h"
#include "mote/span.h"

namespace mote::grpc_http2 {

// Bytes that percent_encode() writes: at most three times the text.
[[nodiscard]] std::size_t percent_encoded_size(std::string_view text);

// Where it does not fit, `out` is overflowed() and may hold a part.
void percent_encode(ByteWriter& out, std::string_view text);

// Bytes that percent_decode() writes: at most the size of `encoded`.
[[nodiscard]] std::size_t percent_decoded_size(std::string_view encoded);

// Never fails, as the specification demands: an escape that is none stays as it is. The result is bytes from the
// network, UTF-8 or not. Where it does not fit, `out` is overflowed() and may hold a part.
void percent_decode(std::string_view encoded, ByteWriter& out);

}  // namespace mote::grpc_http2
