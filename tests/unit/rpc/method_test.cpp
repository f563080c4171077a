// What of a request reaches a method's handler, by the number of messages that its kind takes.
#include "mote/rpc/method.h"

#include <string>

#include "mote/testing/method_call.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using namespace mote::rpc;

std::string seen;

Method method(Kind kind) {
  return {.path = "/a.B/C",
          .kind = kind,
          .construct = [](Call&) { seen += "construct "; },
          .destroy = [](Call&) { seen += "destroy "; },
          .open = [](Call&) { seen += "open "; },
          .message =
              [](Call& call, const mote_piece* pieces, std::size_t size) {
                seen += "message" + std::to_string(call.messages_received()) + ":";
                seen += std::string(as_text({pieces->data, size})) + " ";
                return *pieces->data == '!' ? Status{StatusCode::Internal, "bad"} : Status{};
              },
          .half_close = [](Call&) { seen += "half-close "; },
          .ready = [](Call&) { seen += "ready "; }};
}

constexpr Kind kKinds[] = {Kind::Unary, Kind::ServerStreaming, Kind::ClientStreaming, Kind::BidiStreaming};
const Server kServer{.services = ServiceTable({})};

// Runs `play` on a fresh call of that kind and compares what its handler saw.
template <class Play>
void expect_seen(Kind kind, const char* want, Play play) {
  seen.clear();
  {
    const Method chosen = method(kind);
    testing::MethodCall call(chosen, kServer);
    call.open();
    play(call);
  }
  assert_string_equal(seen.c_str(), want);
}

void test_streams_requests(void**) {
  assert_false(streams_requests(Kind::Unary));
  assert_false(streams_requests(Kind::ServerStreaming));
  assert_true(streams_requests(Kind::ClientStreaming));
  assert_true(streams_requests(Kind::BidiStreaming));
}

void test_a_handler_is_constructed_opened_and_destroyed(void**) {
  for (const Kind kind : kKinds)
    expect_seen(kind, "construct open destroy ", [](testing::MethodCall&) {});
}

void test_every_kind_accepts_one_message(void**) {
  for (const Kind kind : kKinds) {
    expect_seen(kind, "construct open message1:a half-close destroy ", [](testing::MethodCall& call) {
      call.message("a");
      call.half_close();
      assert_false(call.call.finished());
    });
  }
}

void test_more_messages_reach_only_those_that_stream(void**) {
  for (const Kind kind : kKinds) {
    const char* want =
        streams_requests(kind) ? "construct open message1:a message2:b destroy " : "construct open message1:a destroy ";
    expect_seen(kind, want, [](testing::MethodCall& call) {
      call.message("a");
      call.message("b");
    });
  }
}

void test_methods_with_one_request_need_a_message(void**) {
  for (const Kind kind : kKinds) {
    const char* want = streams_requests(kind) ? "construct open half-close destroy " : "construct open destroy ";
    expect_seen(kind, want, [kind](testing::MethodCall& call) {
      call.half_close();
      assert_int_equal(call.call.finished(), !streams_requests(kind));
      if (call.call.finished()) assert_true(call.call.status == StatusCode::Unimplemented);
    });
  }
}

void test_a_malformed_message_ends_the_call(void**) {
  for (const Kind kind : kKinds) {
    expect_seen(kind, "construct open message1:! destroy ", [](testing::MethodCall& call) {
      call.message("!");
      assert_true(call.call.status == StatusCode::Internal);
      assert_string_equal(call.call.status_message.c_str(), "bad");
    });
  }
}

void test_a_finished_call_gets_no_more_events(void**) {
  for (const Kind kind : kKinds) {
    expect_seen(kind, "construct open destroy ", [](testing::MethodCall& call) {
      call.call.finish({StatusCode::Aborted});
      call.message("a");
      call.half_close();
      call.ready();
      assert_true(call.call.status == StatusCode::Aborted);
    });
  }
}

void test_ready_reaches_the_handler(void**) {
  expect_seen(Kind::Unary, "construct open ready destroy ", [](testing::MethodCall& call) { call.ready(); });
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_streams_requests),
      cmocka_unit_test(test_a_handler_is_constructed_opened_and_destroyed),
      cmocka_unit_test(test_every_kind_accepts_one_message),
      cmocka_unit_test(test_more_messages_reach_only_those_that_stream),
      cmocka_unit_test(test_methods_with_one_request_need_a_message),
      cmocka_unit_test(test_a_malformed_message_ends_the_call),
      cmocka_unit_test(test_a_finished_call_gets_no_more_events),
      cmocka_unit_test(test_ready_reaches_the_handler),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
