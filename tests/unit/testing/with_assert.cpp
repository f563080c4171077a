// mote::testing with nothing but assert().
#undef NDEBUG
#include <cassert>

#include "echo_device.h"

int main() {
  mote::test::EchoServer server;
  mote::test::EchoDevice device(server);
  assert(device.ask("assert") == "You said: assert");
}
