#include "mote/rpc/handler.h"

#include "echo.pb.h"
#include "support/cmocka_test.h"
#include "support/fake_call.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::rpc;

const Server kServer{.services = ServiceTable({})};

std::string text_of(const mote_bytes& bytes) {
  std::string text(mote_bytes_size(&bytes), '\0');
  mote_bytes_copy(&bytes, text.data(), text.size());
  return text;
}

echo_EchoRequest asking(std::string_view text) {
  echo_EchoRequest request{};
  request.message = codec::field_of(text);
  return request;
}

// --- Unary ---

Status answer(Call& call, const echo_EchoRequest& request, echo_EchoReply& reply) {
  const std::string text = text_of(request.message);
  if (text == "refuse") return {StatusCode::PermissionDenied, "no"};
  if (text.starts_with("fail")) return call.fail(StatusCode::NotFound, "no device " + text);
  if (text == "finish") call.finish({StatusCode::Aborted, "done already"});
  reply.number = static_cast<std::uint32_t>(text.size());
  return {};
}

constexpr Method kUnary = unary<answer>("/a.B/Unary");

void test_a_unary_function_answers(void**) {
  test::MethodCall call(kUnary, kServer);
  call.open();
  call.request(asking("four"));
  assert_int_equal(call.call.reply<echo_EchoReply>(0).number, 4);
  assert_true(call.call.status == StatusCode::Ok);
  call.half_close();
  call.ready();
  assert_int_equal(call.call.replies.size(), 1);
}

void test_a_unary_function_refuses(void**) {
  test::MethodCall call(kUnary, kServer);
  call.open();
  call.request(asking("refuse"));
  test::expect(call.call.replies, {});
  assert_true(call.call.status == StatusCode::PermissionDenied);
  assert_string_equal(call.call.status_message.c_str(), "no");
}

// The text is gone when the function returns.
void test_a_unary_function_fails_with_a_text_of_its_own(void**) {
  test::MethodCall call(kUnary, kServer);
  call.open();
  const std::string text = "fail with a text that is too long for the string object itself";
  call.request(asking(text));
  test::expect(call.call.replies, {});
  assert_true(call.call.status == StatusCode::NotFound);
  assert_string_equal(call.call.status_message.c_str(), ("no device " + text).c_str());
}

void test_a_unary_function_may_have_finished_the_call(void**) {
  test::MethodCall call(kUnary, kServer);
  call.open();
  call.request(asking("finish"));
  test::expect(call.call.replies, {});
  assert_string_equal(call.call.status_message.c_str(), "done already");
}

void test_a_unary_reply_that_cannot_be_sent(void**) {
  test::MethodCall call(kUnary, kServer);
  call.call.memory = 0;
  call.open();
  call.request(asking("four"));
  assert_true(call.call.status == StatusCode::ResourceExhausted);
}

void test_a_unary_request_that_is_none(void**) {
  test::MethodCall call(kUnary, kServer);
  call.open();
  call.message("\x0a\x7f");
  assert_true(call.call.status == StatusCode::Internal);
  test::expect(call.call.replies, {});
}

// --- Streaming ---

std::string seen;

class Full {
 public:
  using Request = echo_EchoRequest;
  Full() { seen += "made "; }
  ~Full() { seen += "gone" + std::to_string(count_); }
  Full(const Full&) = delete;
  Full& operator=(const Full&) = delete;
  void on_open(Call& /*call*/) { seen += "open "; }
  void on_message(Call& /*call*/, const Request& request) {
    ++count_;
    seen += text_of(request.message) + " ";
  }
  void on_half_close(Call& /*call*/) { seen += "half-close "; }
  void on_ready(Call& /*call*/) { seen += "ready "; }

 private:
  int count_ = 0;
};

class Bare {
 public:
  using Request = echo_EchoRequest;
  void on_message(Call& /*call*/, const Request& request) { seen += text_of(request.message) + " "; }
};

constexpr Method kFull = bidi_streaming<Full>("/a.B/Full");
constexpr Method kBare = server_streaming<Bare>("/a.B/Bare");
constexpr Method kCollects = client_streaming<Full>("/a.B/Collects");

void play(const Method& method) {
  seen.clear();
  test::MethodCall call(method, kServer);
  call.open();
  call.request(asking("a"));
  call.ready();
  call.request(asking("b"));
  call.half_close();
}

void test_a_handler_hears_everything(void**) {
  play(kFull);
  assert_string_equal(seen.c_str(), "made open a ready b half-close gone2");
}

void test_a_handler_without_the_other_functions(void**) {
  play(kBare);
  assert_string_equal(seen.c_str(), "a ");
}

void test_a_message_that_is_none_does_not_reach_the_handler(void**) {
  seen.clear();
  test::MethodCall call(kBare, kServer);
  call.open();
  call.message("\xff");
  assert_string_equal(seen.c_str(), "");
  assert_true(call.call.status == StatusCode::Internal);
  assert_false(call.call.status_message.empty());
}

void test_kinds_and_paths(void**) {
  assert_true(kUnary.kind == Kind::Unary && kUnary.path == "/a.B/Unary");
  assert_true(kFull.kind == Kind::BidiStreaming && kBare.kind == Kind::ServerStreaming);
  assert_true(kCollects.kind == Kind::ClientStreaming);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_unary_function_answers),
      cmocka_unit_test(test_a_unary_function_refuses),
      cmocka_unit_test(test_a_unary_function_fails_with_a_text_of_its_own),
      cmocka_unit_test(test_a_unary_function_may_have_finished_the_call),
      cmocka_unit_test(test_a_unary_reply_that_cannot_be_sent),
      cmocka_unit_test(test_a_unary_request_that_is_none),
      cmocka_unit_test(test_a_handler_hears_everything),
      cmocka_unit_test(test_a_handler_without_the_other_functions),
      cmocka_unit_test(test_a_message_that_is_none_does_not_reach_the_handler),
      cmocka_unit_test(test_kinds_and_paths),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
