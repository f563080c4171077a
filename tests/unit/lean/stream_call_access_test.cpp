// Who may make a call: what each caller gets, and the log line.
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "echo.pb.h"
#include "engine/lean/access.h"
#include "mote/rpc/service.h"
#include "services/health.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/lean_loop.h"
#include "support/lines.h"
#include "support/logged.h"
#include "tls/token_hash.h"

namespace {

using namespace mote;
using namespace mote::test;
using engine::AccessPart;
using lean::Access;

constexpr std::string_view kToken = "0123456789abcdef012345";
constexpr std::string_view kStranger = "Bearer ffffffffffffffffffffff";
constexpr std::string_view kHealth = "/grpc.health.v1.Health/Check";

struct Gateway {
  explicit Gateway(const std::string& rules) {
    const tls::HashText hash = tls::hash_of(kToken);
    const std::string tokens = "pump " + std::string(hash.data(), hash.size()) + "\n";
    engine::AccessTexts texts;
    texts.parts[static_cast<std::size_t>(AccessPart::Rules)] = rules;
    texts.parts[static_cast<std::size_t>(AccessPart::Tokens)] = tokens;
    assert_true(access.load(memory, texts, false).text.empty());
    loop.core().access = &access;
  }

  // The answer to a call with this token, and what is logged.
  Answer call(bool on_unix_socket, std::string_view authorization, std::string_view path = "/echo.Echo/Reply") {
    Answer answer;
    logged = test::logged([&] {
      loop.prepare = [=](lean::Connection& connection) { connection.on_unix_socket = on_unix_socket; };
      const auto client = loop.connect_ready();
      Block head = call_head(path);
      if (!authorization.empty()) head.literal("authorization", authorization);
      head.literal("x-caller", "");
      client->send(FrameScript().headers(1, head).data(1, framed(""), http2::kEndStream));
      loop.settle();
      answer = client->answer(1);
    });
    loop.settle();
    return answer;
  }
  void expect_denied(const Answer& answer, const char* status, const std::string& message) {
    assert_string_equal(answer.status().c_str(), status);
    assert_string_equal(answer.message().c_str(), message.c_str());
    assert_string_equal(logged.c_str(),
                        ("<4>level=warn event=call-denied peer=unix: reason=\"" + message + "\"\n").c_str());
  }
  void expect_permitted(const Answer& answer) {
    assert_string_equal(answer.status().c_str(), "0");
    assert_string_equal(logged.c_str(), "");
  }

  std::vector<std::uint8_t> memory = std::vector<std::uint8_t>(4096);
  Access access;
  LeanLoop loop;
  std::string logged;
};

std::string bearer() {
  return "Bearer " + std::string(kToken);
}

void test_a_token(void**) {
  Gateway gateway("pump /echo.Echo/Reply\n");
  const Answer answer = gateway.call(true, bearer());
  gateway.expect_permitted(answer);
  assert_string_equal(answer.field("x-caller-token").c_str(), "pump");
  assert_string_equal(answer.field("x-caller-address").c_str(), "unix:");
  gateway.expect_denied(gateway.call(true, kStranger), "16", "the bearer token is not known");
  gateway.expect_denied(gateway.call(false, bearer()), "16",
                        "a bearer token needs TLS: everybody on the way can read it here");
  gateway.expect_denied(gateway.call(true, bearer(), "/echo.Echo/Collect"), "7",
                        "pump may not call /echo.Echo/Collect");
  gateway.loop.finish();
}

// A wrong one is refused although the rule is for everybody.
void test_everybody(void**) {
  Gateway gateway("* /echo.Echo/Reply\n");
  gateway.expect_permitted(gateway.call(false, {}));
  gateway.expect_permitted(gateway.call(true, {}));
  gateway.expect_denied(gateway.call(true, kStranger), "16", "the bearer token is not known");
  gateway.loop.finish();
}

void test_a_caller_without_identity(void**) {
  Gateway gateway("pump /echo.Echo/Reply\n");
  gateway.expect_denied(gateway.call(false, {}), "16",
                        "the caller has no identity, and /echo.Echo/Reply needs one: a client certificate or a token");
  gateway.loop.finish();
}

void test_a_user(void**) {
  const std::string user = std::to_string(::getuid());
  Gateway gateway("uid:" + user + " /echo.Echo/Reply\n");
  gateway.expect_permitted(gateway.call(true, {}));
  gateway.expect_denied(gateway.call(true, {}, "/echo.Echo/Collect"), "7",
                        "user " + user + " may not call /echo.Echo/Collect");
  gateway.loop.finish();
}

// Of the gateway itself: who may connect to the Unix socket may ask.
void test_health_on_a_unix_socket(void**) {
  Gateway gateway("pump /echo.Echo/Reply\n");
  gateway.expect_permitted(gateway.call(true, {}, kHealth));
  assert_string_equal(gateway.call(false, {}, kHealth).status().c_str(), "16");
  gateway.loop.finish();
}

void test_without_rules_everything_is_permitted(void**) {
  Gateway gateway("");
  gateway.expect_permitted(gateway.call(false, kStranger));
  gateway.loop.core().access = nullptr;
  const Answer answer = gateway.call(false, bearer());
  gateway.expect_permitted(answer);
  assert_string_equal(answer.field("x-caller-token").c_str(), "none");
  gateway.loop.finish();
}

// A handler that notes that it was opened.
bool opened = false;
struct NoService {};
struct Noting : rpc::BidiStreamingCall<NoService, echo_EchoReply> {
  static void on_open() { opened = true; }
  void on_message(const echo_EchoRequest& /*request*/) {}
  void on_half_close() { finish(); }
};
constexpr std::array kMethods = {
    rpc::streaming<NoService, Noting, echo_EchoRequest>("/echo.Echo/Note", rpc::Kind::BidiStreaming)};
const std::array kServices = {rpc::Service{"echo.Echo", kMethods}};

void test_a_call_that_is_denied_has_no_handler(void**) {
  Gateway gateway("pump /echo.Echo/Note\n");
  gateway.loop.core().server.services = rpc::ServiceTable(kServices);
  assert_string_equal(gateway.call(false, {}, "/echo.Echo/Note").status().c_str(), "16");
  assert_false(opened);
  assert_string_equal(gateway.call(true, bearer(), "/echo.Echo/Note").status().c_str(), "0");
  assert_true(opened);
  gateway.loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_token),
      cmocka_unit_test(test_everybody),
      cmocka_unit_test(test_a_caller_without_identity),
      cmocka_unit_test(test_a_user),
      cmocka_unit_test(test_health_on_a_unix_socket),
      cmocka_unit_test(test_without_rules_everything_is_permitted),
      cmocka_unit_test(test_a_call_that_is_denied_has_no_handler),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
