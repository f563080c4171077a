// The header block of a request (PROTOCOL-HTTP2.md, "Requests").
#pragma once

#include "bytes/byte_writer.h"
#include "mote/device.h"

namespace mote::device {

inline constexpr const char* kDefaultAuthority = "localhost";

// Returns false if the path or a metadata field is invalid (RFC 9113 8.2.1; names that begin with "grpc-" are reserved).
// If the request does not fit, `block` is overflowed().
[[nodiscard]] bool write_request(ByteWriter& block, const mote_options& options, const mote_call& call,
                                 std::uint32_t timeout_ms);

}  // namespace mote::device
