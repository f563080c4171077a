#include "engine/lean/core.h"

#include <algorithm>
#include <utility>

#include "engine/lean/connection.h"

namespace mote::lean {

http2::ConnectionLimits http2_limits(const engine::Limits& limits) {
  return {.streams = limits.max_streams_per_connection,
          .stream_window_bytes = limits.stream_window_bytes,
          .header_bytes = limits.max_header_bytes,
          .header_fields = limits.max_header_fields,
          .header_frames = limits.max_header_frames,
          .header_excess = limits.max_header_excess,
          .header_table_bytes = limits.max_header_table_bytes,
          .reset_budget = limits.reset_budget,
          .free_refusals = limits.free_refusals,
          .idle_frame_budget = limits.idle_frame_budget};
}

// The largest message and its reply, a reserve for other replies, and the beginnings of some messages always fit beside the
// promises.
PoolAside pool_aside(const engine::Limits& limits, const AddressTable& addresses) {
  const std::size_t all = addresses.blocks().total;
  const std::size_t reserve = addresses.blocks().reserve();
  const std::size_t promisable = all - std::min(all, 2 * small_for(limits.max_message_bytes) + reserve);
  const std::size_t least_begun = std::min(promisable, reserve / 2);
  return {std::size_t{limits.max_streams} * limits.stream_window_bytes, addresses.blocks_to_set_aside_from(),
          promisable, promisable - least_begun, PoolAside::upload_promise_for(limits.upload_window_bytes)};
}

void run_again(Core& core) {
  Connection* connection = std::exchange(core.again, nullptr);
  while (connection != nullptr) {
    Connection* next = std::exchange(connection->next_again, nullptr);
    connection->in_again_list = false;
    connection->run_again();
    connection = next;
  }
}

void remove_from_again_list(Core& core, const Connection& connection) {
  if (!connection.in_again_list) return;
  Connection** place = &core.again;
  while (*place != &connection)
    place = &(*place)->next_again;
  *place = connection.next_again;
}

}  // namespace mote::lean
