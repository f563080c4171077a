// Refused: echo.Echo/Collect is a client-streaming method: Collect needs a public function void on_half_close(), which ends the call when the client has sent its last message
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
  };

  struct Chat : ChatCall {
    void on_message(const EchoRequest&) {}
    void on_half_close() { finish(); }
  };
};

rpc::Service service(Service& object) {
  return object.rpc_service();
}
