#include "mote/rpc/method.h"

#include "mote/rpc/server.h"

namespace mote::rpc {

void open(Call& call, const Method& method) {
  call.set_service(method.service);
  method.construct(call);
  method.open(call);
}

void receive_message(Call& call, const Method& method, const mote_piece* pieces, std::size_t size) {
  if (call.finished()) return;
  if (call.messages_received() != 0 && !streams_requests(method.kind)) return;
  call.count_message();
  const Status status = method.message(call, pieces, size);
  if (!status.ok()) call.finish(status);
}

void receive_half_close(Call& call, const Method& method) {
  if (call.finished()) return;
  if (call.messages_received() == 0 && !streams_requests(method.kind)) {
    return call.finish({StatusCode::Unimplemented, "the method requires one request message and received none"});
  }
  method.half_close(call);
}

void ready(Call& call, const Method& method) {
  if (call.finished()) return;
  if ((call.waiting() || method.shutdown != nullptr) && call.take_shutdown()) {
    if (method.shutdown == nullptr) return call.finish({StatusCode::Unavailable, "the server shuts down"});
    method.shutdown(call);
    if (call.finished()) return;
  }
  if (!call.waiting() || call.take_due()) method.ready(call);
}

void close(Call& call, const Method& method) {
  call.stop_waiting();
  method.destroy(call);
}

}  // namespace mote::rpc
