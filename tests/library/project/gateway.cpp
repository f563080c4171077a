// greeter-gateway: a server with greeter.v1.Greeter.
#include "greeter.mote.h"
#include "mote/serve.h"

class Greeter : public greeter::v1::GreeterService<Greeter> {
 public:
  mote::Status Greet(mote::Call& call, const greeter::v1::GreetRequest& in, greeter::v1::GreetReply& out) {
    if (mote_bytes_size(&in.name) == 0) return call.fail(mote::InvalidArgument, "a greeting needs a name");
    out.text = in.name;
    out.calls = ++calls_;
    return {};
  }

 private:
  std::uint32_t calls_ = 0;
};

int main(int argc, char** argv) {
  static Greeter greeter;
  return mote::serve({"greeter-gateway", GREETER_VERSION}, argc, argv, greeter);
}
