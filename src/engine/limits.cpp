#include "engine/limits.h"

#include <algorithm>

namespace mote::engine {
namespace {

using Kind = LimitRule::Kind;

constexpr std::uint32_t kKiB = 1024;
constexpr std::uint32_t kMiB = 1024 * kKiB;
// A peer may send this much before it has seen our SETTINGS: the first window of a connection (RFC 9113 6.9.2), whole.
constexpr std::uint64_t kFirstWindow = std::uint64_t{64} * kKiB;

std::uint64_t least_pool(const Limits& limits) {
  return 2 * std::uint64_t{limits.max_message_bytes} + kFirstWindow;
}

std::uint64_t least_share(const Limits& limits) {
  return limits.max_message_bytes + kFirstWindow;
}

std::uint64_t whole_pool(const Limits& limits) {
  return limits.buffer_bytes;
}

constexpr std::array<LimitRule, 3> kRules = {{
    {LimitId::BufferBytes, Kind::AtLeast, LimitId::MaxMessageBytes, least_pool, "2 x max-message-bytes + 64KiB"},
    {LimitId::ConnectionBufferBytes, Kind::AtLeast, LimitId::MaxMessageBytes, least_share, "max-message-bytes + 64KiB"},
    {LimitId::ConnectionBufferBytes, Kind::AtMost, LimitId::BufferBytes, whole_pool, "buffer-bytes"},
}};

}  // namespace

void resolve(Limits& limits) {
  if (limits.buffer_bytes == 0) limits.buffer_bytes = std::max(kMiB, 4 * limits.max_message_bytes);
  if (limits.connection_buffer_bytes == 0) {
    const std::uint32_t share = std::max(512 * kKiB, 3 * limits.max_message_bytes);
    limits.connection_buffer_bytes = std::min(share, limits.buffer_bytes);
  }
}

bool LimitRule::holds(const Limits& limits) const {
  const std::uint64_t value = limit_row(limit).get(limits);
  return kind == Kind::AtLeast ? value >= bound(limits) : value <= bound(limits);
}

std::span<const LimitRule> limit_rules() {
  return kRules;
}

std::uint64_t worst_case_bytes(const Limits& limits, const EngineSizes& sizes) {
  std::uint64_t total = sizes.fixed;
  for (const LimitRow& row : limit_table())
    total += row.cost_of(limits, sizes).bytes();
  return total;
}

}  // namespace mote::engine
