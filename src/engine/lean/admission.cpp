#include "engine/lean/admission.h"

#include "engine/lean/connection.h"

namespace mote::lean {

void admit_waiting_messages(Core& core) {
#ifdef MOTE_GZIP
  const std::uint64_t most_inflated = core.inflated.plain_bytes + core.limits.turn_bytes;
#endif
  const auto can_go_on = [&](const StreamCall& call) {
    if (!call.could_be_admitted() || !call.connection().writable()) return false;
#ifdef MOTE_GZIP
    if (call.waits_to_be_inflated() && core.inflated.plain_bytes > most_inflated) {
      call.connection().run_next_turn();
      return false;
    }
#endif
    return true;
  };
  // Each admission is a turn of a connection, which may end calls and free memory: start the search again.
  for (std::size_t most = core.calls.open_count(); most != 0; --most) {
    StreamCall* call = core.for_memory.first();
    while (call != nullptr && !can_go_on(*call))
      call = core.for_memory.after(*call);
    if (call == nullptr) return;
    call->connection().on_call_memory(*call);
  }
}

}  // namespace mote::lean
