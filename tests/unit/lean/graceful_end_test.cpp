#include "engine/lean/graceful_end.h"

#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::lean::GracefulEnd;

// "motedrai", the payload of the PING between the GOAWAYs.
constexpr const char* kDrainPing = "PING 7885649451374764393";

void two_goaways_with_a_ping_between_them(void**) {
  ReadyServer server;
  server.open(1);
  GracefulEnd end;
  assert_false(end.requested());
  end.request();
  assert_true(end.requested());
  end.announce(server.connection, "shutting down", server.out);
  assert_false(end.requested());
  assert_true(end.announced());
  expect(server.sent(), {"GOAWAY 2147483647 NO_ERROR shutting down", kDrainPing});
  assert_false(server.connection.goaway_sent());
  // A stream that was opened before the peer read the first GOAWAY is accepted.
  server.open(3);
  end.complete(server.connection, "shutting down", server.out);
  expect(server.sent(), {"GOAWAY 3 NO_ERROR shutting down"});
  end.complete(server.connection, "shutting down", server.out);
  expect(server.sent(), {});
}

void a_second_request_does_not_announce_again(void**) {
  ReadyServer server;
  GracefulEnd end;
  end.request();
  end.announce(server.connection, "idle", server.out);
  end.request();
  assert_false(end.requested());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(two_goaways_with_a_ping_between_them),
      cmocka_unit_test(a_second_request_does_not_announce_again),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
