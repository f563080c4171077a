// Refused: a handler must have a public on_message(rpc::Call&, const Request&)
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

struct Handler {
  using Request = echo_EchoRequest;
  void on_message(rpc::Call&, const echo_EchoReply&) {}
};

constexpr rpc::Method kMethod = rpc::server_streaming<Handler>("/a.B/C");
