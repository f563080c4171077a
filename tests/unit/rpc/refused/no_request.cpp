// Refused: a handler must define its request message: using Request = package_Message;
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

struct Handler {
  void on_message(rpc::Call&, const echo_EchoRequest&) {}
};

constexpr rpc::Method kMethod = rpc::server_streaming<Handler>("/a.B/C");
