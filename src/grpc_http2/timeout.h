// The value of grpc-timeout (PROTOCOL-HTTP2.md, "Timeout"): up to 8 digits and a unit, H, M, S, m, u or n.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bytes/byte_writer.h"

namespace mote::grpc_http2 {

inline constexpr std::size_t kMaxTimeoutText = 9;  // the most bytes that write_timeout() writes

// In microseconds. Nanoseconds round up, so the result is 0 only if the peer sent 0. No value for an invalid text.
[[nodiscard]] std::optional<std::uint64_t> parse_timeout_us(std::string_view value);

// In the largest unit that represents it exactly. Above 8 digits it rounds up to a larger unit; the maximum is 99999999H (11,400
// years). The specification requires a positive number: 0 is written as 1n.
void write_timeout(ByteWriter& out, std::uint64_t timeout_us);

// For small machines, which have no instruction to divide 64 bits: in milliseconds, or above 8 digits in seconds, rounded up.
// `timeout_ms` must not be 0.
void write_timeout_ms(ByteWriter& out, std::uint32_t timeout_ms);

}  // namespace mote::grpc_http2
