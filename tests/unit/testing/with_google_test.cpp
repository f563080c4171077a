// mote::testing with GoogleTest, whose namespace has the same last name.
#include <gtest/gtest.h>

#include "echo_device.h"
#include "mote/testing/fake_server.h"

namespace {

class Echo : public ::testing::Test {
 protected:
  mote::test::EchoServer server_;
  mote::test::EchoDevice device_{server_};
};

TEST_F(Echo, Answers) {
  EXPECT_EQ(device_.ask("GoogleTest"), "You said: GoogleTest");
}

TEST_F(Echo, IsReportedWhenItIsMisused) {
  EXPECT_DEATH(server_.after(
      std::chrono::milliseconds(1),
      [this] { mote::testing::FakeServer(std::span<const mote::rpc::Service>()).start("/a.B/C").open(); });
               server_.advance(std::chrono::seconds(1)), "mote::testing: no service has the method /a.B/C");
}

}  // namespace
