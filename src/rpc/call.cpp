#include "mote/rpc/call.h"

namespace mote::rpc {

void Call::finish(StatusCode code, const mote_bytes& message) {
  ComposedText text;
  text.add(message);
  finish(code, text.view());
}

Status Call::fail_with(StatusCode code, const ComposedText& text) {
  const Status status{code == StatusCode::Ok ? StatusCode::Unknown : code};
  finish(status.code, text.view());
  return status;
}

}  // namespace mote::rpc
