// Refused: a unary method is a function: rpc::Status name(rpc::Call&, const Request&, Reply&)
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

void reply(rpc::Call&, const echo_EchoRequest&, echo_EchoReply&) {
}

constexpr rpc::Method kMethod = rpc::unary<reply>("/a.B/C");
