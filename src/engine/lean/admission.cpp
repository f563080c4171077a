#include "engine/lean/admission.h"

#include "engine/lean/connection.h"

namespace mote::lean {

void admit_messages(Core& core) {
  // Each admission is a turn of a connection, which may end calls and free memory: start the search again.
  for (std::size_t most = core.calls.open_count(); most != 0; --most) {
    StreamCall* call = core.for_memory.first();
    while (call != nullptr && !(call->could_be_admitted() && call->connection().writable()))
      call = core.for_memory.after(*call);
    if (call == nullptr) return;
    call->connection().on_call_memory(*call);
  }
}

}  // namespace mote::lean
