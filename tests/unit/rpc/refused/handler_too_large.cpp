// Refused: echo.Echo/Chat: Chat is larger than mote::Call::kHandlerBytes; keep its data in the service
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
    char room[Call::kHandlerBytes];
  };
};

rpc::Service service(Service& object) {
  return object.rpc_service();
}
