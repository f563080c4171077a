// What a handler queues lies in blocks of its connection's share, and comes back as it is taken or with the call.
#include "echo.pb.h"
#include "mote/rpc/queue.h"
#include "mote/rpc/service.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::LimitId;

// Numbers that a call could not queue.
std::size_t refused;

// Each message queues `count` numbers, from `number_` on; one without a count takes all, and answers with their sum.
struct NoService {};

class Backlog : public rpc::BidiStreamingCall<NoService, echo_EchoSummary> {
 public:
  void on_message(const echo_EchoRequest& request) {
    if (request.count == 0) return take_all();
    for (std::uint32_t i = 0; i < request.count; ++i) {
      if (numbers_.push(call(), ++last_)) continue;
      ++refused;
      return;
    }
  }
  void on_half_close() { finish(); }

 private:
  void take_all() {
    echo_EchoSummary sum{};
    while (const std::optional<std::uint64_t> number = numbers_.pop(call())) {
      if (*number != ++sum.messages) return fail(DataLoss, "out of order");
      sum.bytes += *number;
    }
    last_ = 0;
    send(sum);
  }

  rpc::Queue<std::uint64_t> numbers_;
  std::uint64_t last_ = 0;
};

constexpr std::array kMethods = {
    rpc::streaming<NoService, Backlog, echo_EchoRequest>("/echo.Echo/Backlog", rpc::Kind::BidiStreaming)};
const std::array kServices = {rpc::Service{"echo.Echo", kMethods}};

const engine::Limits kLimits = limits([](engine::Limits& chosen) {
  chosen.max_message_bytes = 8 * 1024;
  chosen.buffer_bytes = 64 * 1024;
  chosen.connection_buffer_bytes = 32 * 1024;
});

// 8 bytes each.
constexpr std::uint32_t kNumbersPerBlock = lean::BlockPool::kSmallBytes / 8;

FrameScript backlog(std::uint32_t stream) {
  return FrameScript().headers(stream, echo_head("Backlog"));
}

void test_memory_comes_back_as_it_is_taken(void**) {
  LeanLoop loop(kLimits, rpc::ServiceTable(kServices));
  const auto client = loop.connect_ready();
  client->send(backlog(1).data(1, echo_data("", 3 * kNumbersPerBlock)));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 3);
  client->send(FrameScript().data(1, echo_data("")));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 0);
  client->send(FrameScript().data(1, echo_data("", 2)).data(1, echo_data("")));
  client->send(FrameScript().data(1, "", http2::kEndStream));
  loop.settle();
  const Answer& answer = client->answer(1);
  // 384 numbers and their sum; 2 and 3.
  expect(answer.messages(), {"\x08\x80\x03\x10\xc0\xc1\x04", "\x08\x02\x10\x03"});
  assert_string_equal(answer.status().c_str(), "0");
  loop.finish();
}

void test_memory_comes_back_with_the_call(void**) {
  LeanLoop loop(kLimits, rpc::ServiceTable(kServices));
  const auto client = loop.connect_ready();
  client->send(backlog(1).data(1, echo_data("", 1)));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 1);
  client->send(FrameScript().rst_stream(1, http2::ErrorCode::Cancel));
  loop.settle();
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

// With its metadata.
void test_what_a_call_holds(void**) {
  LeanLoop loop(kLimits, rpc::ServiceTable(kServices));
  const auto client = loop.connect_ready();
  client->send(
      FrameScript().headers(1, echo_head("Backlog", {{"x-a", "b"}})).data(1, echo_data("", kNumbersPerBlock + 1)));
  loop.settle();
  const auto& call = static_cast<const lean::StreamCall&>(*loop.connection().http2().first_stream());
  assert_int_equal(call.held_bytes(), 3 * lean::BlockPool::kSmallBytes);
  loop.finish();
}

void test_a_queue_that_passes_the_share_ends_its_call(void**) {
  LeanLoop loop(kLimits, rpc::ServiceTable(kServices));
  const auto client = loop.connect_ready();
  client->send(backlog(1).data(1, echo_data("", 32 * kNumbersPerBlock)));
  loop.settle();
  assert_false(client->answer(1).ended);
  refused = 0;
  client->send(FrameScript().data(1, echo_data("", 1)));
  loop.settle();
  assert_int_equal(refused, 1);
  assert_string_equal(client->answer(1).status().c_str(), "8");
  assert_int_equal(loop.count(LimitId::ConnectionBufferBytes), 1);
  assert_int_equal(loop.open_calls(), 0);
  assert_int_equal(loop.used_blocks(), 0);
  loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_memory_comes_back_as_it_is_taken),
      cmocka_unit_test(test_memory_comes_back_with_the_call),
      cmocka_unit_test(test_what_a_call_holds),
      cmocka_unit_test(test_a_queue_that_passes_the_share_ends_its_call),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
