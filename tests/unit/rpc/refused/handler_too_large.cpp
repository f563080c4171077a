// Refused: a handler must not be larger than Call::kHandlerBytes
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

struct Handler {
  using Request = echo_EchoRequest;
  void on_message(rpc::Call&, const Request&) {}
  char room[rpc::Call::kHandlerBytes + 1];
};

constexpr rpc::Method kMethod = rpc::server_streaming<Handler>("/a.B/C");
