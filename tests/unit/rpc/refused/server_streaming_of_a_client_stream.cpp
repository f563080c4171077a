// Refused: a server-streaming handler receives one message and must not have on_half_close; use client_streaming or bidi_streaming
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

struct Handler {
  using Request = echo_EchoRequest;
  void on_message(rpc::Call&, const Request&) {}
  void on_half_close(rpc::Call& call) { call.finish({}); }
};

constexpr rpc::Method kMethod = rpc::server_streaming<Handler>("/a.B/C");
