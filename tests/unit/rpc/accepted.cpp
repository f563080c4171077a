// Compiles, with the flags of the sources in refused/: what each of them is refused for is not their flags.
#include <string>

#include "echo.mote.h"

using namespace mote;
using namespace echo;

constexpr std::string_view kConstant = "a constant";

class Service : public EchoService<Service> {
 public:
  Status Reply(Call&, const EchoRequest&, EchoReply&) { return {Aborted, kConstant}; }

  struct ReplyStream : ReplyStreamCall {
    void on_open() { wait_for(service().changed); }
    void on_message(const EchoRequest& request) {
      send(EchoReply{});
      fail(NotFound, "no device ", request.message, ' ', std::string("at port"), ' ', request.count);
    }
    void on_ready() { fail({Aborted, kConstant}); }
    void on_shutdown() { finish(); }
  };

  struct Collect : CollectCall {
    void on_message(const EchoRequest&) {}
    void on_half_close() { finish({.messages = 1}); }
  };

  struct Chat : ChatCall {
    void on_message(const EchoRequest&) { send({.number = 1}); }
    void on_half_close() { fail({Aborted, "a literal"}); }
  };

  Event changed;
};

rpc::Service service(Service& object) {
  return object.rpc_service();
}
