// Refused: on_open must be public and take an rpc::Call&
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

class Handler {
 public:
  using Request = echo_EchoRequest;
  void on_message(rpc::Call&, const Request&) {}

 private:
  void on_open(rpc::Call&) {}
};

constexpr rpc::Method kMethod = rpc::server_streaming<Handler>("/a.B/C");
