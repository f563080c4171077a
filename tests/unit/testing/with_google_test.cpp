// mote::testing with GoogleTest, whose namespace has the same last name.
#include <gtest/gtest.h>

#include <span>

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

TEST(Misuse, IsReported) {
  const mote::testing::FakeServer server{std::span<const mote::rpc::Service>()};
  EXPECT_DEATH(server.start("/a.B/C").open(), "mote::testing: no service has the method /a.B/C");
}

}  // namespace
