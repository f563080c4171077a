// The header block of a request (PROTOCOL-HTTP2.md, "Requests").
#pragma once

#include "bytes/byte_writer.h"
#include "mote/device.h"

namespace mote::device {

inline constexpr const char* kDefaultAuthority = "localhost";
inline constexpr const char* kDefaultUserAgent = "mote-device/0.1.0";

// False: the path or a metadata field may not be sent (RFC 9113 8.2.1; names that begin with "grpc-" are gRPC's own).
// Where it does not fit, `block` is overflowed().
[[nodiscard]] bool write_request(ByteWriter& block, const mote_options& options, const mote_call& call,
                                 std::uint32_t timeout_ms);

}  // namespace mote::device
