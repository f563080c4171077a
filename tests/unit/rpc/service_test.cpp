// A service of generated classes: its object, its handlers, its events.
#include "mote/rpc/service.h"

#include "echo.mote.h"
#include "mote/testing/method_call.h"
#include "support/cmocka_test.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace std::chrono_literals;
using echo::EchoReply;
using echo::EchoRequest;
using rpc::Kind;

std::string text_of(const mote_bytes& bytes) {
  std::string text(mote_bytes_size(&bytes), '\0');
  mote_bytes_copy(&bytes, text.data(), text.size());
  return text;
}

EchoRequest asking(std::string_view text) {
  EchoRequest request{};
  request.message = codec::field_of(text);
  return request;
}

// Notes what its handlers see.
class Noting : public echo::EchoService<Noting> {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the name of the method
  Status Reply(Call& call, const EchoRequest& request, EchoReply& reply) {
    const std::string text = text_of(request.message);
    if (text == "refuse") return {PermissionDenied, "no"};
    if (text.starts_with("fail")) return call.fail(NotFound, "no device " + text);
    if (text == "finish") call.finish({Aborted, "done already"});
    reply.number = static_cast<std::uint32_t>(text.size());
    seen += "reply ";
    return {};
  }

  // With nothing but what it must have.
  struct ReplyStream : ReplyStreamCall {
    void on_message(const EchoRequest& request) { service().seen += text_of(request.message) + " "; }
  };

  struct Collect : CollectCall {
    void on_message(const EchoRequest& request) { bytes_ += mote_bytes_size(&request.message); }
    void on_half_close() { finish({.messages = 1, .bytes = bytes_, .duration_us = 0}); }

   private:
    std::uint64_t bytes_ = 0;
  };

  struct Chat : ChatCall {
    Chat() { ++made; }
    ~Chat() { service().seen += "gone" + std::to_string(count_); }
    void on_open() { service().seen += "open "; }
    void on_message(const EchoRequest& request) {
      ++count_;
      service().seen += text_of(request.message) + " ";
    }
    void on_half_close() { service().seen += "half-close "; }
    void on_ready() { service().seen += "ready "; }
    void on_shutdown() { service().seen += "shutdown "; }

   private:
    int count_ = 0;
  };

  std::string seen;
  static int made;
};
int Noting::made = 0;

// A server of one object, and one call of it.
template <class Object>
struct ServiceCall {
  explicit ServiceCall(const std::string& method) : call(*server.services.find_method("/echo.Echo/" + method), server) {
    call.open();
  }

  Object object;
  std::array<rpc::Service, 1> services = {object.rpc_service()};
  rpc::Server server{.services = rpc::ServiceTable(services)};
  testing::MethodCall call;
};

using NotingCall = ServiceCall<Noting>;

// --- Unary ---

void test_a_unary_function_answers(void**) {
  NotingCall noting("Reply");
  noting.call.request(asking("four"));
  assert_int_equal(noting.call.call.reply<EchoReply>(0).number, 4);
  assert_true(noting.call.call.status == Ok);
  noting.call.half_close();
  noting.call.ready();
  assert_int_equal(noting.call.call.replies.size(), 1);
  assert_string_equal(noting.object.seen.c_str(), "reply ");
}

void test_a_unary_function_refuses(void**) {
  NotingCall noting("Reply");
  noting.call.request(asking("refuse"));
  test::expect(noting.call.call.replies, {});
  assert_true(noting.call.call.status == PermissionDenied);
  assert_string_equal(noting.call.call.status_message.c_str(), "no");
}

// The text is gone when the function returns.
void test_a_unary_function_fails_with_a_text_of_its_own(void**) {
  NotingCall noting("Reply");
  const std::string text = "fail with a text that is too long for the string object itself";
  noting.call.request(asking(text));
  test::expect(noting.call.call.replies, {});
  assert_true(noting.call.call.status == NotFound);
  assert_string_equal(noting.call.call.status_message.c_str(), ("no device " + text).c_str());
}

void test_a_unary_function_may_have_finished_the_call(void**) {
  NotingCall noting("Reply");
  noting.call.request(asking("finish"));
  test::expect(noting.call.call.replies, {});
  assert_string_equal(noting.call.call.status_message.c_str(), "done already");
}

void test_a_unary_reply_that_cannot_be_sent(void**) {
  NotingCall noting("Reply");
  noting.call.call.memory = 0;
  noting.call.request(asking("four"));
  assert_true(noting.call.call.status == ResourceExhausted);
}

void test_a_malformed_unary_request(void**) {
  NotingCall noting("Reply");
  noting.call.message("\x0a\x7f");
  assert_true(noting.call.call.status == Internal);
  test::expect(noting.call.call.replies, {});
  assert_string_equal(noting.object.seen.c_str(), "");
}

// --- Streaming ---

void test_a_handler_sees_all_events(void**) {
  const int made = Noting::made;
  Noting object;
  const std::array services = {object.rpc_service()};
  rpc::Server server{.services = rpc::ServiceTable(services)};
  {
    testing::MethodCall call(*server.services.find_method("/echo.Echo/Chat"), server);
    call.open();
    call.request(asking("a"));
    call.ready();
    call.request(asking("b"));
    server.shutting_down = true;
    call.ready();
    call.ready();
    call.half_close();
  }
  assert_int_equal(Noting::made, made + 1);
  assert_string_equal(object.seen.c_str(), "open a ready b shutdown ready ready half-close gone2");
}

void test_a_finished_call_has_no_more_events(void**) {
  NotingCall noting("Chat");
  noting.call.call.finish(Ok, std::string_view());
  noting.call.ready();
  noting.call.half_close();
  noting.server.shutting_down = true;
  noting.call.ready();
  assert_string_equal(noting.object.seen.c_str(), "open ");
}

void test_a_handler_without_the_optional_functions(void**) {
  NotingCall noting("ReplyStream");
  noting.call.request(asking("a"));
  noting.call.ready();
  noting.call.half_close();
  assert_string_equal(noting.object.seen.c_str(), "a ");
}

void test_a_malformed_message_does_not_reach_the_handler(void**) {
  NotingCall noting("ReplyStream");
  noting.call.message("\xff");
  assert_string_equal(noting.object.seen.c_str(), "");
  assert_true(noting.call.call.status == Internal);
  assert_false(noting.call.call.status_message.empty());
}

void test_finish_sends_the_reply_of_a_client_stream(void**) {
  NotingCall noting("Collect");
  noting.call.request(asking("three"));
  noting.call.request(asking("more"));
  noting.call.half_close();
  assert_int_equal(noting.call.call.reply<echo::EchoSummary>(0).bytes, 9);
  assert_true(noting.call.call.status == Ok);
}

void test_each_call_gets_the_object_of_its_server(void**) {
  NotingCall one("ReplyStream");
  NotingCall two("ReplyStream");
  one.call.request(asking("1"));
  two.call.request(asking("2"));
  assert_string_equal(one.object.seen.c_str(), "1 ");
  assert_string_equal(two.object.seen.c_str(), "2 ");
}

void test_kinds_and_paths(void**) {
  Noting object;
  const rpc::Service service = object.rpc_service();
  assert_true(service.name == "echo.Echo");
  const std::array kinds = {Kind::Unary, Kind::ServerStreaming, Kind::ClientStreaming, Kind::BidiStreaming};
  const std::array<std::string_view, 4> paths = {"/echo.Echo/Reply", "/echo.Echo/ReplyStream", "/echo.Echo/Collect",
                                                 "/echo.Echo/Chat"};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    assert_true(service.methods[i].kind == kinds[i]);
    assert_true(service.methods[i].path == paths[i]);
  }
}

// --- Events ---

// Sends `latest` when `changed` is notified.
class Watched : public echo::EchoService<Watched> {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the name of the method
  static Status Reply(Call&, const EchoRequest&, EchoReply&) { return {}; }

  struct ReplyStream : ReplyStreamCall {
    void on_message(const EchoRequest& request) {
      wait_for(service().changed);
      if (request.interval_ms != 0) wake_at(now() + std::chrono::milliseconds(request.interval_ms));
    }
    void on_ready() {
      send({.message = {}, .number = service().latest, .has_timing = false, .timing = {}});
      if (service().latest == 99) stop_waiting();
    }
  };
  // Sends `latest` until it has sent five, one at a time.
  struct Chat : ChatCall {
    void on_message(const EchoRequest&) { wait_for(service().changed); }
    void on_half_close() { finish(); }
    void on_ready() {
      while (sent_ < 5 && !congested()) {
        EchoReply reply{};
        reply.number = ++sent_;
        send(reply);
      }
    }

   private:
    std::uint32_t sent_ = 0;
  };
  struct Collect : CollectCall {
    void on_message(const EchoRequest&) {}
    void on_half_close() { finish({}); }
  };

  Event changed;
  std::uint32_t latest = 0;
};

using WatchedCall = ServiceCall<Watched>;

void test_an_event_wakes_a_call(void**) {
  WatchedCall watched("ReplyStream");
  assert_false(watched.object.changed.awaited());
  watched.object.changed.notify();
  watched.call.request(asking(""));
  assert_true(watched.object.changed.awaited());
  assert_false(watched.call.sleep());
  watched.object.latest = 7;
  watched.object.changed.notify();
  watched.object.latest = 8;
  watched.object.changed.notify();
  assert_int_equal(watched.call.call.replies.size(), 0);  // No handler runs inside notify().
  assert_true(watched.call.sleep());
  assert_int_equal(watched.call.call.replies.size(), 1);
  assert_int_equal(watched.call.call.reply<EchoReply>(0).number, 8);
  assert_false(watched.call.sleep());
  watched.object.changed.notify();
  assert_true(watched.call.sleep());
  assert_int_equal(watched.call.call.replies.size(), 2);
}

void test_a_waiting_call_ignores_other_reasons(void**) {
  WatchedCall watched("ReplyStream");
  watched.call.request(asking(""));
  watched.call.ready();
  assert_int_equal(watched.call.call.replies.size(), 0);
}

void test_an_event_waits_for_a_slow_peer(void**) {
  WatchedCall watched("ReplyStream");
  watched.call.request(asking(""));
  watched.call.call.room = 0;
  watched.object.changed.notify();
  assert_true(watched.call.sleep());
  watched.object.changed.notify();
  assert_int_equal(watched.call.call.replies.size(), 0);
  watched.object.latest = 3;
  watched.call.call.room = 1;
  watched.call.ready();  // The peer has taken what waited.
  assert_int_equal(watched.call.call.replies.size(), 1);
  assert_int_equal(watched.call.call.reply<EchoReply>(0).number, 3);
}

void test_a_call_that_held_back_continues(void**) {
  WatchedCall watched("Chat");
  watched.call.call.room = 2;
  watched.call.request(asking(""));
  watched.object.changed.notify();
  assert_true(watched.call.sleep());
  assert_int_equal(watched.call.call.replies.size(), 2);
  watched.call.call.room = 100;
  watched.call.ready();
  assert_int_equal(watched.call.call.replies.size(), 5);
  watched.call.ready();
  assert_int_equal(watched.call.call.replies.size(), 5);
}

void test_a_waiting_call_also_wakes_at_its_time(void**) {
  WatchedCall watched("ReplyStream");
  EchoRequest request = asking("");
  request.interval_ms = 50;
  watched.call.request(request);
  watched.object.changed.notify();
  assert_true(watched.call.sleep());
  assert_true(watched.call.call.clock == 0ms);
  assert_int_equal(watched.call.call.replies.size(), 1);
  assert_true(watched.call.sleep());
  assert_true(watched.call.call.clock == 50ms);
  assert_int_equal(watched.call.call.replies.size(), 2);
  assert_false(watched.call.sleep());
  watched.call.ready();
  assert_int_equal(watched.call.call.replies.size(), 2);  // The time is over.
}

// An engine has one timer for each call, which may have been used for something else.
void test_a_waiting_call_keeps_its_time(void**) {
  WatchedCall watched("ReplyStream");
  EchoRequest request = asking("");
  request.interval_ms = 50;
  watched.call.request(request);
  watched.call.call.wakes.reset();
  watched.call.ready();
  assert_true(watched.call.call.wakes == 50ms);
  assert_int_equal(watched.call.call.replies.size(), 0);
}

void test_a_call_that_waits_twice_for_an_event(void**) {
  WatchedCall watched("Chat");
  watched.call.request(asking(""));
  watched.object.changed.notify();
  watched.call.request(asking(""));
  assert_true(watched.call.sleep());
  assert_int_equal(watched.call.call.replies.size(), 5);
}

void test_a_call_stops_waiting(void**) {
  WatchedCall watched("ReplyStream");
  watched.call.request(asking(""));
  watched.object.latest = 99;
  watched.object.changed.notify();
  assert_true(watched.call.sleep());
  assert_false(watched.object.changed.awaited());
}

void test_a_call_waits_for_one_event(void**) {
  WatchedCall watched("ReplyStream");
  rpc::Event other;
  testing::FakeCall& call = watched.call.call;
  call.wait_for(watched.object.changed);
  call.wait_for(other);
  assert_false(watched.object.changed.awaited());
  assert_true(other.awaited());
  call.stop_waiting();
  assert_false(other.awaited());
}

// In any order, as often as they want.
void test_calls_stop_waiting_and_wait_again(void**) {
  rpc::Event event;
  const rpc::Server server{.services = rpc::ServiceTable({})};
  testing::FakeCall first(server);
  testing::FakeCall second(server);
  for (int i = 0; i < 3; ++i) {
    first.wait_for(event);
    second.wait_for(event);
    first.stop_waiting();
    first.wait_for(event);
    first.stop_waiting();
    assert_true(event.awaited());
    second.stop_waiting();
    assert_false(event.awaited());
  }
}

// Neither the time nor the notification of the last one.
void test_a_wait_after_another_begins_anew(void**) {
  WatchedCall watched("ReplyStream");
  rpc::Event& event = watched.object.changed;
  testing::FakeCall& call = watched.call.call;
  call.wait_for(event);
  call.wake_waiting_at(50ms);
  assert_true(call.wakes == 50ms);
  event.notify();
  assert_true(call.wakes == 0ms);
  call.wake_waiting_at(70ms);
  assert_true(call.wakes == 0ms);  // It is due before.
  call.stop_waiting();
  call.wait_for(event);
  assert_false(call.take_due());
  call.clock = 80ms;
  assert_false(call.take_due());
  event.notify();
  assert_true(call.take_due());
}

void test_the_end_of_a_call_ends_its_wait(void**) {
  Watched object;
  const std::array services = {object.rpc_service()};
  const rpc::Server server{.services = rpc::ServiceTable(services)};
  const rpc::Method& method = *server.services.find_method("/echo.Echo/ReplyStream");
  testing::MethodCall first(method, server);
  testing::MethodCall last(method, server);
  first.open();
  first.request(asking(""));
  {
    testing::MethodCall middle(method, server);
    middle.open();
    middle.request(asking(""));
    last.open();
    last.request(asking(""));
  }
  object.changed.notify();
  assert_true(first.sleep());
  assert_true(last.sleep());
  assert_int_equal(first.call.replies.size() + last.call.replies.size(), 2);
}

void test_nobody_waits_after_the_end_of_the_only_call(void**) {
  Watched object;
  const std::array services = {object.rpc_service()};
  const rpc::Server server{.services = rpc::ServiceTable(services)};
  {
    testing::MethodCall call(*server.services.find_method("/echo.Echo/ReplyStream"), server);
    call.open();
    call.request(asking(""));
    assert_true(object.changed.awaited());
  }
  assert_false(object.changed.awaited());
}

void test_calls_outlive_an_event(void**) {
  std::optional<Watched> object(std::in_place);
  const std::array services = {object->rpc_service()};
  const rpc::Server server{.services = rpc::ServiceTable(services)};
  testing::MethodCall call(*server.services.find_method("/echo.Echo/ReplyStream"), server);
  call.open();
  call.request(asking(""));
  object.reset();
  assert_false(call.call.waiting());
}

void test_a_shutdown_ends_a_waiting_call(void**) {
  WatchedCall watched("ReplyStream");
  watched.call.request(asking(""));
  watched.server.shutting_down = true;
  watched.call.ready();
  assert_true(watched.call.call.status == Unavailable);
  assert_string_equal(watched.call.call.status_message.c_str(), "the server shuts down");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_unary_function_answers),
      cmocka_unit_test(test_a_unary_function_refuses),
      cmocka_unit_test(test_a_unary_function_fails_with_a_text_of_its_own),
      cmocka_unit_test(test_a_unary_function_may_have_finished_the_call),
      cmocka_unit_test(test_a_unary_reply_that_cannot_be_sent),
      cmocka_unit_test(test_a_malformed_unary_request),
      cmocka_unit_test(test_a_handler_sees_all_events),
      cmocka_unit_test(test_a_finished_call_has_no_more_events),
      cmocka_unit_test(test_a_handler_without_the_optional_functions),
      cmocka_unit_test(test_a_malformed_message_does_not_reach_the_handler),
      cmocka_unit_test(test_finish_sends_the_reply_of_a_client_stream),
      cmocka_unit_test(test_each_call_gets_the_object_of_its_server),
      cmocka_unit_test(test_kinds_and_paths),
      cmocka_unit_test(test_an_event_wakes_a_call),
      cmocka_unit_test(test_a_waiting_call_ignores_other_reasons),
      cmocka_unit_test(test_an_event_waits_for_a_slow_peer),
      cmocka_unit_test(test_a_call_that_held_back_continues),
      cmocka_unit_test(test_a_waiting_call_also_wakes_at_its_time),
      cmocka_unit_test(test_a_waiting_call_keeps_its_time),
      cmocka_unit_test(test_a_call_that_waits_twice_for_an_event),
      cmocka_unit_test(test_a_call_stops_waiting),
      cmocka_unit_test(test_a_call_waits_for_one_event),
      cmocka_unit_test(test_calls_stop_waiting_and_wait_again),
      cmocka_unit_test(test_a_wait_after_another_begins_anew),
      cmocka_unit_test(test_the_end_of_a_call_ends_its_wait),
      cmocka_unit_test(test_nobody_waits_after_the_end_of_the_only_call),
      cmocka_unit_test(test_calls_outlive_an_event),
      cmocka_unit_test(test_a_shutdown_ends_a_waiting_call),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
