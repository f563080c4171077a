#include "engine/lean/core.h"

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
