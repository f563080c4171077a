// The value of grpc-timeout (PROTOCOL-HTTP2.md, "Timeout"): up to 8 digits and a unit, H, M, S, m, u or n.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bytes/byte_writer.h"

namespace mote::grpc_http2 {

inline constexpr std::size_t kMaxTimeoutText = 9;  // bytes that write_timeout() writes at most

// In microseconds; nanoseconds round up, so that a timeout is only 0 where the peer said 0. Nothing for any other text.
[[nodiscard]] std::optional<std::uint64_t> parse_timeout_us(std::string_view value);

// In the largest unit that says it exactly. Past 8 digits it rounds up, and ends at 99999999H (11,400 years). The
// specification wants a positive number: 0 is written as 1n.
void write_timeout(ByteWriter& out, std::uint64_t timeout_us);

// For small machines, which have no instruction to divide 64 bits: in milliseconds, or in seconds past 8 digits, rounded up.
// Not 0.
void write_timeout_ms(ByteWriter& out, std::uint32_t timeout_ms);

}  // namespace mote::grpc_http2
