// Refused: a unary method is a function: rpc::Status name(rpc::Call&, const Request&, Reply&)
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

struct Handler {
  using Request = echo_EchoRequest;
  void on_message(rpc::Call&, const Request&) {}
};

constexpr rpc::Method kMethod = rpc::unary<Handler>("/a.B/C");
