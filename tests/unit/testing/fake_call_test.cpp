// A call without an engine, and the handlers that a fake server gives to it.
#include "mote/testing/fake_call.h"

#include <chrono>
#include <string>

#include "echo.mote.h"
#include "misuse.h"
#include "mote/testing/fake_server.h"
#include "services/echo.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using testing::FakeCall;
using testing::FakeServer;
using testing::MethodCall;

struct Served {
  std::array<rpc::Service, 1> services = {services::echo()};
  FakeServer server{std::span<const rpc::Service>(services)};
};

echo::EchoRequest asking(std::string_view text, std::uint32_t count = 0, std::uint32_t interval_ms = 0) {
  echo::EchoRequest request{};
  request.message = codec::field_of(text);
  request.count = count;
  request.interval_ms = interval_ms;
  return request;
}

void test_a_handler_alone(void**) {
  Served served;
  MethodCall call = served.server.start("/echo.Echo/Reply");
  call.open();
  call.request(asking("hi"));
  const auto reply = call.call.reply<echo::EchoReply>(0);
  assert_true(mote_bytes_equal(&reply.message, "You said: hi", 12));
  assert_true(call.call.status == Ok);
  assert_int_equal(call.call.replies.size(), 1);
}

void test_time(void**) {
  Served served;
  MethodCall call = served.server.start("/echo.Echo/ReplyStream");
  call.open();
  call.request(asking("hi", 3, 50));
  assert_int_equal(call.call.replies.size(), 1);
  assert_true(call.sleep());
  assert_true(call.call.clock == 50ms);
  assert_true(call.sleep());
  assert_false(call.sleep());
  assert_int_equal(call.call.reply<echo::EchoReply>(2).number, 3);
}

void test_metadata(void**) {
  Served served;
  MethodCall call = served.server.start("/echo.Echo/Collect");
  call.call.request_metadata = {{"x-echo-a", "1"}, {"other", "2"}};
  call.open();
  call.half_close();
  assert_int_equal(call.call.initial.size(), 1);
  assert_string_equal(call.call.initial[0].second.c_str(), "1");
  assert_true(call.call.trailing == call.call.initial);
  assert_false(call.call.initial_was_late);
}

void test_no_memory_and_no_room(void**) {
  Served served;
  MethodCall poor = served.server.start("/echo.Echo/Reply");
  poor.call.memory = 0;
  poor.open();
  poor.request(asking("hi"));
  assert_true(poor.call.status == ResourceExhausted);
  MethodCall slow = served.server.start("/echo.Echo/ReplyStream");
  slow.call.room = 2;
  slow.open();
  slow.request(asking("hi", 5));
  assert_int_equal(slow.call.replies.size(), 2);
  slow.call.room = SIZE_MAX;
  slow.ready();
  assert_int_equal(slow.call.replies.size(), 5);
}

void test_the_queue_and_kept_bytes(void**) {
  Served served;
  FakeCall call(served.server.server());
  assert_true(call.queue(as_bytes("abcdef")));
  std::array<std::uint8_t, 4> taken{};
  assert_int_equal(call.take_queued(taken), 4);
  assert_memory_equal(taken.data(), "abcd", 4);
  assert_int_equal(call.take_queued(taken), 2);
  assert_int_equal(call.take_queued(taken), 0);
  const std::optional<mote_bytes> kept = call.keep(MOTE_TEXT("text"));
  assert_true(kept && mote_bytes_equal(&*kept, "text", 4));
}

void test_misuse(void**) {
  Served served;
  assert_string_equal(misuse([&] { served.server.start("/echo.Echo/Repeat").open(); }).c_str(),
                      "mote::testing: no service has the method /echo.Echo/Repeat\n");
  assert_string_equal(misuse([&] {
                        MethodCall call = served.server.start("/echo.Echo/Reply");
                        static_cast<void>(call.call.reply<echo::EchoReply>(0));
                      }).c_str(),
                      "mote::testing: there is no reply 0\n");
  assert_true(misuse([&] {
                FakeCall call(served.server.server());
                call.replies.emplace_back("\x0a\x7f");
                static_cast<void>(call.reply<echo::EchoReply>(0));
              }).starts_with("mote::testing: reply 0 is of another type: "));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_handler_alone),
      cmocka_unit_test(test_time),
      cmocka_unit_test(test_metadata),
      cmocka_unit_test(test_no_memory_and_no_room),
      cmocka_unit_test(test_the_queue_and_kept_bytes),
      cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
