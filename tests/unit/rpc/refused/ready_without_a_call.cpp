// Refused: on_ready must be public and take an rpc::Call&
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

struct Handler {
  using Request = echo_EchoRequest;
  void on_message(rpc::Call&, const Request&) {}
  void on_ready() {}
};

constexpr rpc::Method kMethod = rpc::server_streaming<Handler>("/a.B/C");
