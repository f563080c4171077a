// Compiles, with the flags of the sources in refused/: what each of them is refused for is not their flags.
#include <string>

#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

constexpr std::string_view kConstant = "a constant";

struct Handler {
  using Request = echo_EchoRequest;
  void on_open(rpc::Call&) {}
  void on_message(rpc::Call& call, const Request& request) {
    call.fail(rpc::StatusCode::NotFound, "no device ", request.message, ' ', std::string("at port"), ' ',
              request.count);
  }
  void on_ready(rpc::Call& call) { call.finish({rpc::StatusCode::Aborted, kConstant}); }
};

struct StreamHandler : Handler {
  void on_half_close(rpc::Call& call) { call.finish({rpc::StatusCode::Aborted, "a literal"}); }
};

rpc::Status reply(rpc::Call&, const echo_EchoRequest&, echo_EchoReply&) {
  return {rpc::StatusCode::Aborted, kConstant};
}

constexpr rpc::Method kMethods[] = {
    rpc::unary<reply>("/a.B/Unary"),
    rpc::server_streaming<Handler>("/a.B/ServerStreaming"),
    rpc::client_streaming<StreamHandler>("/a.B/ClientStreaming"),
    rpc::bidi_streaming<StreamHandler>("/a.B/BidiStreaming"),
};
