#include "engine/limits.h"

#include <algorithm>

namespace mote::engine {
namespace {

using Kind = LimitRule::Kind;

constexpr std::uint32_t kKiB = 1024;
constexpr std::uint32_t kMiB = 1024 * kKiB;
// Half for one message and its reply, half for the beginnings of other messages, which wait for it.
std::uint64_t least_pool(const Limits& limits) {
  return 4 * std::uint64_t{limits.max_message_bytes};
}

std::uint64_t whole_pool(const Limits& limits) {
  return limits.buffer_bytes;
}

constexpr std::array<LimitRule, 4> kRules = {{
    {LimitId::BufferBytes, Kind::AtLeast, LimitId::MaxMessageBytes, least_pool, "4 x max-message-bytes"},
    {LimitId::ConnectionBufferBytes, Kind::AtLeast, LimitId::MaxMessageBytes, least_pool, "4 x max-message-bytes"},
    {LimitId::ConnectionBufferBytes, Kind::AtMost, LimitId::BufferBytes, whole_pool, "buffer-bytes"},
    {LimitId::BufferBytesPerAddress, Kind::AtLeast, LimitId::MaxMessageBytes, least_pool, "4 x max-message-bytes"},
}};

}  // namespace

std::uint64_t LimitField::get(const Limits& limits) const {
  switch (kind_) {
    case Kind::Number:
      return limits.*field_.number;
    case Kind::Milliseconds:
      return static_cast<std::uint64_t>((limits.*field_.milliseconds).count());
    case Kind::Seconds:
      break;
  }
  return static_cast<std::uint64_t>((limits.*field_.seconds).count());
}

void LimitField::set(Limits& limits, std::uint32_t value) const {
  switch (kind_) {
    case Kind::Number:
      limits.*field_.number = value;
      break;
    case Kind::Milliseconds:
      limits.*field_.milliseconds = std::chrono::milliseconds(value);
      break;
    case Kind::Seconds:
      limits.*field_.seconds = std::chrono::seconds(value);
      break;
  }
}

void resolve(Limits& limits) {
  if (limits.buffer_bytes == 0) limits.buffer_bytes = std::max(kMiB, 4 * limits.max_message_bytes);
  if (limits.connection_buffer_bytes == 0) {
    const std::uint64_t windows = std::uint64_t{limits.max_streams_per_connection} * limits.stream_window_bytes;
    const std::uint64_t share = std::max(512 * kKiB, 4 * limits.max_message_bytes) + windows;
    limits.connection_buffer_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(share, limits.buffer_bytes));
  }
  if (limits.buffer_bytes_per_address == 0) limits.buffer_bytes_per_address = limits.buffer_bytes;
  if (limits.max_connections_per_address == 0) limits.max_connections_per_address = limits.max_connections;
  if (limits.max_streams_per_address == 0) limits.max_streams_per_address = limits.max_streams;
}

bool LimitRule::holds(const Limits& limits) const {
  const std::uint64_t value = limit_row(limit).get(limits);
  return kind == Kind::AtLeast ? value >= bound(limits) : value <= bound(limits);
}

std::span<const LimitRule> limit_rules() {
  return kRules;
}

std::uint64_t fixed_bytes(const Limits& limits, const EngineSizes& sizes) {
  return sizes.fixed + (limits.tls ? sizes.tls_fixed : 0) + (limits.http ? sizes.http_fixed : 0) +
         (limits.gzip ? sizes.gzip_fixed : 0) + limits.access_bytes;
}

std::uint64_t worst_case_bytes(const Limits& limits, const EngineSizes& sizes) {
  std::uint64_t total = fixed_bytes(limits, sizes);
  for (const LimitRow& row : limit_table())
    total += row.cost_of(limits, sizes).bytes();
  return total;
}

}  // namespace mote::engine
