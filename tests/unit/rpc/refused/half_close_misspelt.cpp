// Refused: echo.Echo/Chat is a bidirectional method: Chat needs a public function void on_half_close()
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
    void on_halfclose() { finish(); }
  };
};

rpc::Service service(Service& object) {
  return object.rpc_service();
}
