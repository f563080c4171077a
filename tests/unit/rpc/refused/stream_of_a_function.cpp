// Refused: echo.Echo/Collect is a client-streaming method: the service needs a public struct Collect : CollectCall
#include "echo.mote.h"

using namespace mote;
using namespace echo;

class Service : public EchoService<Service> {
 public:
  Status Reply(Call&, const EchoRequest&, EchoReply&) { return {}; }

  struct ReplyStream : ReplyStreamCall {
    void on_message(const EchoRequest&) { finish(); }
  };
  Status Collect(Call&, const EchoRequest&, EchoSummary&) { return {}; }

  struct Chat : ChatCall {
    void on_message(const EchoRequest&) {}
    void on_half_close() { finish(); }
  };
};

rpc::Service service(Service& object) {
  return object.rpc_service();
}
