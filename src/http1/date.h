// The date of a response (RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
#pragma once

#include <cstdint>

#include "bytes/byte_writer.h"

namespace mote::http1 {

// Writes 29 bytes.
void write_date(ByteWriter& out, std::uint64_t unix_seconds);

}  // namespace mote::http1
