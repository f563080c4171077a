// Refused: echo.Echo/Reply is a unary method: the service needs a public function
#include "echo.mote.h"

using namespace mote;
using namespace echo;

class Service : public EchoService<Service> {
 public:
  Status Repyl(Call&, const EchoRequest&, EchoReply&) { return {}; }

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
  };
};

rpc::Service service(Service& object) {
  return object.rpc_service();
}
