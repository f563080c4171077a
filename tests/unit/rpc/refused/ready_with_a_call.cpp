// Refused: echo.Echo/Chat: on_ready of Chat must be public and have no parameters
#include "echo.mote.h"

using namespace mote;
using namespace echo;

class Service : public EchoService<Service> {
 public:
  Status Reply(Call&, const EchoRequest&, EchoReply&) { return {}; }

  struct ReplyStream : ReplyStreamCall {
    void on_message(const EchoRequest&) { finish(); }
  };

  struct Collect : CollectCall {
    void on_message(const EchoRequest&) {}
    void on_half_close() { finish(EchoSummary{}); }
  };

  struct Chat : ChatCall {
    void on_message(const EchoRequest&) {}
    void on_half_close() { finish(); }
    void on_ready(Call&) {}
  };
};

rpc::Service service(Service& object) {
  return object.rpc_service();
}
