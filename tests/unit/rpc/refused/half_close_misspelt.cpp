// Refused: a client-streaming or bidirectional handler must have a public on_half_close(rpc::Call&)
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

struct Handler {
  using Request = echo_EchoRequest;
  void on_message(rpc::Call&, const Request&) {}
  void on_halfclose(rpc::Call& call) { call.finish({}); }
};

constexpr rpc::Method kMethod = rpc::client_streaming<Handler>("/a.B/C");
