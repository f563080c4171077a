// Refused: a streaming method is a class with on_message(rpc::Call&, const Request&)
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

rpc::Status reply(rpc::Call&, const echo_EchoRequest&, echo_EchoReply&) {
  return {};
}

constexpr rpc::Method kMethod = rpc::client_streaming<reply>("/a.B/C");
