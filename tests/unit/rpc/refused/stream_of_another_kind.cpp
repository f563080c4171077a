// Refused: echo.Echo/ReplyStream is a server-streaming method: ReplyStream must derive from ReplyStreamCall
#include "echo.mote.h"

using namespace mote;
using namespace echo;

class Service : public EchoService<Service> {
 public:
  Status Reply(Call&, const EchoRequest&, EchoReply&) { return {}; }

  struct ReplyStream : ChatCall {
    void on_message(const EchoRequest&) { finish(); }
  };

  struct Collect : CollectCall {
    void on_message(const EchoRequest&) {}
    void on_half_close() { finish(EchoSummary{}); }
  };

  struct Chat : ChatCall {
    void on_message(const EchoRequest&) {}
    void on_half_close() { finish(); }
  };
};

rpc::Service service(Service& object) {
  return object.rpc_service();
}
