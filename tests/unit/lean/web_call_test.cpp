// gRPC-Web calls over HTTP/1.1: requests that end at once, metadata, times, and the frames of replies.
#include "engine/lean/monitor/web_call.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "echo.mote.h"
#include "engine/clock.h"
#ifdef MOTE_TLS
#include "engine/lean/access.h"
#endif
#include "engine/refusals.h"
#include "grpc/reflection/v1/reflection.mote.h"
#include "grpc_web/base64.h"
#include "services/echo.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/http_site.h"
#include "support/lines.h"
#include "support/taken_blocks.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;

// The frames of a content: whole messages, then the trailers.
struct Frames {
  explicit Frames(std::string_view content) {
    while (content.size() >= 5) {
      std::size_t size = 0;
      for (std::size_t i = 1; i < 5; ++i)
        size = size << 8U | static_cast<std::uint8_t>(content[i]);
      assert_in_range(size, 0, content.size() - 5);
      const std::string_view body = content.substr(5, size);
      (content[0] == '\x80' ? trailers : messages).emplace_back(body);
      content.remove_prefix(5 + size);
      assert_true(trailers.empty() || content.empty());
    }
    assert_int_equal(content.size(), 0);
    assert_int_equal(trailers.size(), 1);
  }

  Lines messages;
  Lines trailers;
};

Frames frames_of(const std::string& reply) {
  return Frames(content_of(reply));
}

void expect_end(const std::string& reply, std::string_view status, std::string_view message = {}) {
  std::string trailers = "grpc-status: " + std::string(status) + "\r\n";
  if (!message.empty()) trailers += "grpc-message: " + std::string(message) + "\r\n";
  expect(frames_of(reply).trailers, {trailers});
}

// --- Requests that end at once ---

void test_calls_that_a_browser_cannot_make(void**) {
  Site site;
  const auto browser = site.connect();
  expect_end(site.ask(*browser, call("Nothing", echo_data("a"))), "12", "the gateway does not serve this method");
  for (const char* method : {"Collect", "Chat"})
    expect_end(site.ask(*browser, call(method, echo_data("a"))), "12", lean::kNoRequestStreams);
  expect_end(site.ask(*browser, call("Reply", echo_data("a"), "Grpc-Timeout: 1x\r\n")), "13", "malformed grpc-timeout");
  assert_int_equal(site.loop.used_blocks(), 0);
  site.finish();
}

void test_the_content_is_one_message(void**) {
  Site site;
  const auto browser = site.connect();
  const std::string_view none = "the content is not one message with its prefix";
  const std::string message = echo_data("a");
  for (const std::string& content : {message.substr(0, 4), message.substr(0, message.size() - 1), message + "x",
                                     std::string("\x00\x00\x00\x00", 4), std::string("\x00", 1)})
    expect_end(site.ask(*browser, call("Reply", content)), "13", none);
  expect_end(site.ask(*browser, call("Reply", "\x01" + message.substr(1))), "12",
             "compressed messages are not supported");
  expect_end(site.ask(*browser, call("Reply", "\x02" + message.substr(1))), "13",
             "the first byte of a message is neither 0 nor 1");
  expect_end(site.ask(*browser, call("Reply", "")), "12", "the method requires one request message and received none");
  const std::string empty = site.ask(*browser, call("Reply", framed("")));
  expect(frames_of(empty).messages, {std::string("\x0a\x0aYou said: ")});
  expect_end(empty, "0");
  assert_int_equal(site.loop.used_blocks(), 0);
  site.finish();
}

std::string text_call(std::string_view content) {
  std::string text = call("Reply", content);
  const std::string_view type = "application/grpc-web";
  return text.insert(text.find(type) + type.size(), "-text");
}

std::string base64(std::string_view bytes) {
  std::vector<std::uint8_t> buffer(grpc_web::base64_size(bytes.size()));
  std::copy(bytes.begin(), bytes.end(), buffer.begin());
  grpc_web::base64_encode(buffer, bytes.size());
  return {buffer.begin(), buffer.end()};
}

Frames text_frames_of(const std::string& reply) {
  assert_true(contains(reply, "content-type: application/grpc-web-text+proto\r\n"));
  const std::string content = content_of(reply);
  std::vector<std::uint8_t> buffer(content.size());
  ByteWriter out(buffer);
  grpc_web::Base64Decoder decoder;
  assert_true(decoder.decode(as_bytes(content), out));
  return Frames(as_text(out.written()));
}

void test_content_in_base64(void**) {
  Site site;
  const auto browser = site.connect();
  const Frames answered = text_frames_of(site.ask(*browser, text_call(base64(echo_data("a")))));
  expect({reply_text(answered.messages.at(0))}, {"You said: a"});
  expect(answered.trailers, {"grpc-status: 0\r\n"});
  for (const std::string& malformed :
       {base64(echo_data("a")) + "=", "AAA!" + base64(echo_data("a")), std::string("AAA")}) {
    expect(text_frames_of(site.ask(*browser, text_call(malformed))).trailers,
           {"grpc-status: 13\r\ngrpc-message: the content is not base64\r\n"});
  }
  assert_int_equal(site.loop.used_blocks(), 0);
  site.finish();
}

void test_without_memory(void**) {
  Site site;
  TakenBlocks held(site.loop.core());
  const auto browser = site.connect();
  for (const std::string& asked : {call("Reply", echo_data("a"), "X-Echo-A: v\r\n"),
                                   call("ReplyStream", echo_data("a")), call("Reply", echo_data("a"))})
    expect_end(site.ask(*browser, asked), "8");
  held.release();
  expect_end(site.ask(*browser, call("Reply", echo_data("a"))), "0");
  site.finish();
}

#ifdef MOTE_TLS
void test_a_method_that_needs_an_identity(void**) {
  std::vector<std::uint8_t> memory(4096);
  engine::AccessTexts texts;
  texts.parts[static_cast<std::size_t>(engine::AccessPart::Rules)] = "* /echo.Echo/ReplyStream\n";
  lean::Access access;
  assert_true(access.load(memory, texts, false).text.empty());
  Site site;
  site.loop.core().access = &access;
  const auto browser = site.connect();
  expect_end(site.ask(*browser, call("Reply", echo_data("a"))), "16",
             "gRPC-Web has no identity, and this method needs one");
  expect_end(site.ask(*browser, call("ReplyStream", echo_data("a"))), "0");
  site.finish();
}
#endif

// --- Metadata ---

void test_names_of_one_character(void**) {
  Site site;
  const auto browser = site.connect();
  expect_end(site.ask(*browser, call("Reply", echo_data("a"), "A: v\r\n")), "0");
  site.finish();
}

void test_the_largest_metadata_of_a_reply(void**) {
  Site site;
  const auto browser = site.connect();
  // The page proves nothing about its caller.
  const std::string known = "x-caller-encrypted: no\r\n";
  const std::size_t room = lean::WebCall::kMostInitialBytes - known.size() - std::string_view("x-echo-a: \r\n").size();
  const auto ask = [&](std::size_t size) {
    return site.ask(*browser,
                    call("Reply", echo_data("a"), "X-Caller: 1\r\nX-Echo-A: " + std::string(size, 'v') + "\r\n"));
  };
  const std::string largest = ask(room);
  assert_true(contains(largest, "\r\n" + known + "x-echo-a: " + std::string(room, 'v') + "\r\n\r\n"));
  assert_true(contains(frames_of(largest).trailers.at(0), "grpc-status: 0\r\n"));
  assert_true(contains(frames_of(ask(room + 1)).trailers.at(0),
                       "grpc-status: 8\r\ngrpc-message: the metadata of a gRPC-Web reply exceeds 1024 bytes\r\n"));
  assert_int_equal(site.loop.used_blocks(), 0);
  site.finish();
}

// --- Times ---

void test_the_times_of_a_reply(void**) {
  Site site;
  const auto browser = site.connect();
  echo_EchoRequest request = echo_request("a");
  request.timing = true;
  // The request arrived a second ago.
  site.loop.set_now(engine::steady_clock() - 1s);
  const std::uint64_t before = engine::wall_clock_us();
  const std::string reply = site.ask(*browser, call("Reply", framed(encoded(request))));
  const std::uint64_t after = engine::wall_clock_us();
  const echo_Timing timing = reply_timing(frames_of(reply).messages.at(0)).value();
  assert_in_range(timing.received_us, before - 1'100'000, after - 900'000);
  assert_in_range(timing.sent_us, before, after);
  site.finish();
}

void test_a_call_is_counted_with_its_time(void**) {
  Site site;
  const auto browser = site.connect();
  (void)site.ask(*browser, call("ReplyStream", echo_data("a", 2, 1500)));
  site.loop.pass(1500ms);
  assert_true(contains(site.answer(*browser), "grpc-status: 0\r\n"));
  const auto other = site.connect();
  const std::string metrics = site.ask(*other, kMetrics);
  const std::string labels = "{grpc_type=\"server_stream\",grpc_service=\"echo.Echo\",grpc_method=\"ReplyStream\"";
  assert_true(contains(metrics, "\ngrpc_server_started_total" + labels + "} 1\n"));
  assert_true(contains(metrics, "\ngrpc_server_handled_total" + labels + ",grpc_code=\"OK\"} 1\n"));
  assert_true(contains(metrics, "\ngrpc_server_handling_seconds_sum" + labels + "} 1.500000\n"));
  site.finish();
}

// --- Replies ---

// The peer reads nothing until all that it may hold back waits; then each reply arrives once.
void test_replies_that_wait_for_their_peer(void**) {
  Site site;
  const auto browser = site.connect();
  constexpr std::uint32_t kCount = 1000;
  browser->send(call("ReplyStream", echo_data(std::string(2000, 'x'), kCount)));
  site.loop.settle();
  assert_true(site.loop.used_blocks() > 0);
  const Frames frames = frames_of(site.answer(*browser));
  assert_int_equal(frames.messages.size(), kCount);
  for (std::uint32_t i = 0; i < kCount; ++i)
    assert_true(reply_text(frames.messages[i]).starts_with(std::to_string(i + 1) + " You said: x"));
  assert_int_equal(site.loop.used_blocks(), 0);
  site.finish();
}

// A message that was sent in part ends before the status.
void test_a_deadline_within_a_message(void**) {
  for (const std::size_t size : {10U, 2000U, 3000U}) {
    Site site;
    const auto browser = site.connect();
    browser->send(call("ReplyStream", echo_data(std::string(size, 'x'), 100'000), "Grpc-Timeout: 5S\r\n"));
    site.loop.settle();
    assert_true(site.loop.used_blocks() > 0);
    site.loop.pass(5s);
    expect_end(site.answer(*browser), "4", "deadline exceeded");
    assert_int_equal(site.loop.used_blocks(), 0);
    site.finish();
  }
}

// --- Calls without their connection ---

struct OwnTimer final : lean::Timer {
  void on_due() override {}
};

// A call of ReplyStream, with what it needs of the engine.
struct LoneCall {
  LoneCall(const rpc::ServiceTable& services, std::string_view timeout, std::string_view fields, std::string content)
      : loop(limits(), services) {
    lean::WebRequest asked;
    asked.method = services.find_method("/echo.Echo/ReplyStream");
    asked.timeout = timeout;
    asked.fields = fields;
    call.emplace(loop.core(), timer, asked);
    call->start(asked, {reinterpret_cast<std::uint8_t*>(content.data()), content.size()});
  }
  ~LoneCall() {
    call.reset();
    loop.core().timers.disarm(timer);
    loop.finish();
  }
  LoneCall(const LoneCall&) = delete;
  LoneCall& operator=(const LoneCall&) = delete;

  LeanLoop loop;
  OwnTimer timer;
  std::optional<lean::WebCall> call;
};

rpc::ServiceTable echo_service() {
  static const std::array kServices = {services::echo()};
  return rpc::ServiceTable(kServices);
}

// Its second reply is far away.
struct OwnCall : LoneCall {
  explicit OwnCall(std::string_view timeout = {}) : LoneCall(echo_service(), timeout, {}, echo_data("a", 2, 60'000)) {
    assert_true(call->has_output() && !call->finished());
  }

  std::string take(std::size_t most = 1000) {
    std::vector<std::uint8_t> buffer(most);
    return std::string(as_text(Bytes(buffer).first(call->take_output(buffer))));
  }
};

// Messages that wait are dropped, but not the rest of one that was taken in part.
void test_messages_that_wait_at_the_deadline(void**) {
  for (const std::size_t taken : {std::size_t{0}, std::size_t{7}}) {
    OwnCall own("1S");
    std::string content = own.take(taken);
    own.loop.set_now(own.loop.core().now + 1s);
    own.call->go_on();
    content += own.take();
    const Frames frames(content);
    assert_int_equal(frames.messages.size(), taken == 0 ? 0 : 1);
    expect(frames.trailers, {"grpc-status: 4\r\ngrpc-message: deadline exceeded\r\n"});
    assert_true(own.call->over());
  }
}

void test_replies_that_cannot_be_encoded(void**) {
  OwnCall cut_off;
  (void)cut_off.take();
  echo_EchoReply reply{};
  reply.message = codec::field_of("abc");
  reply.message.size = 1;  // There are no pieces.
  assert_false(cut_off.call->send(reply));
  expect(Frames(cut_off.take()).trailers, {"grpc-status: 13\r\ngrpc-message: message shorter than its size\r\n"});
  assert_false(cut_off.call->send(echo_EchoReply{}));

  OwnCall other_type;
  (void)other_type.take();
  grpc_reflection_v1_ServiceResponse service{};
  grpc_reflection_v1_ListServiceResponse list{};
  list.service = mote_list_of_messages(&service, 1, sizeof service, echo_EchoReply_fields);
  assert_false(other_type.call->send(list));
  const Frames frames(other_type.take());
  expect(frames.messages, {});
  expect(frames.trailers,
         {"grpc-status: 13\r\ngrpc-message: a list whose elements have another type than the field\r\n"});
}

std::string trailers_of(OwnCall& own) {
  return Frames(own.take()).trailers.at(0);
}

void test_metadata_that_is_malformed(void**) {
  for (const auto& [name, value] : {std::pair("Bad", "v"), std::pair("x-a", "a\nb")}) {
    OwnCall own;
    assert_false(own.call->add_trailing_metadata(name, value));
    assert_true(own.call->finished());
    assert_string_equal(
        trailers_of(own).c_str(),
        ("grpc-status: 13\r\ngrpc-message: " + std::string(engine::kReplyMetadataMalformed) + "\r\n").c_str());
  }
  OwnCall own;
  assert_true(own.call->add_trailing_metadata("x-a", "  v "));
  assert_false(own.call->add_trailing_metadata("x-b", std::string(1100, 'v')));
  assert_true(trailers_of(own).starts_with("grpc-status: 8\r\nx-a: v\r\n"));
}

void test_a_call_that_has_ended(void**) {
  OwnCall own("1S");
  own.call->finish(rpc::StatusCode::Aborted, "first");
  own.call->finish(rpc::StatusCode::Internal, "second");
  assert_true(own.call->next_due() == lean::kNever);
  assert_false(own.call->add_initial_metadata("x-a", "v"));
  assert_false(own.call->send(echo_EchoReply{}));
  assert_false(own.call->queue(as_bytes("abc")));
  own.call->go_on();
  assert_string_equal(trailers_of(own).c_str(), "grpc-status: 10\r\ngrpc-message: first\r\n");
}

void test_the_longest_message_of_a_status(void**) {
  OwnCall own;
  std::string message;
  std::string encoded;
  while (message.size() < rpc::kStatusMessageBytes) {
    message += "\xc3\xa9";
    encoded += "%C3%A9";
  }
  own.call->finish(rpc::StatusCode::Aborted, message + "and more");
  expect(Frames(own.take(4000)).trailers, {"grpc-status: 10\r\ngrpc-message: " + encoded + "\r\n"});
}

void test_what_a_call_keeps(void**) {
  OwnCall own;
  for (const std::string_view text : {"abc", "de"})
    assert_true(codec::equal(*own.call->keep(codec::field_of(text)), text == "abc" ? "abc" : "de"));
  assert_true(own.call->queue(as_bytes("queued")));
  assert_false(own.call->finished());
  std::array<std::uint8_t, 10> queued{};
  assert_int_equal(own.call->take_queued(queued), 6);
}

void test_a_call_without_memory(void**) {
  const std::string large(4000, 'x');
  for (int what = 0; what < 3; ++what) {
    OwnCall own;
    TakenBlocks held(own.loop.core());
    echo_EchoReply reply{};
    reply.message = codec::field_of(large);
    if (what == 0) assert_false(own.call->keep(codec::field_of(large)).has_value());
    if (what == 1) assert_false(own.call->queue(as_bytes(large)));
    if (what == 2) assert_false(own.call->send(reply));
    assert_true(own.call->finished());
    held.release();
  }
}

// It is held back until it goes on.
void test_a_call_that_is_held_back(void**) {
  OwnCall own;
  assert_true(own.call->congested());
  (void)own.take();
  assert_true(own.call->held_back());
  own.call->go_on();
  assert_false(own.call->held_back());
}

// Counts the events of its calls.
class Counting : public echo::EchoService<Counting> {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the name of the method
  static Status Reply(Call&, const echo::EchoRequest&, echo::EchoReply&) { return {}; }

  struct ReplyStream : ReplyStreamCall {
    ~ReplyStream() { ++service().destroyed; }
    void on_open() {
      ++service().opened;
      if (service().ends_at_once) fail(Aborted, "at once");
    }
    void on_message(const echo::EchoRequest&) {
      ++service().messages;
      wake_at(now() + 1s);
    }
    void on_ready() { ++service().woken; }
  };
  struct Collect : CollectCall {
    void on_message(const echo::EchoRequest&) {}
    void on_half_close() { finish({}); }
  };
  struct Chat : ChatCall {
    void on_message(const echo::EchoRequest&) {}
    void on_half_close() { finish(); }
  };

  bool ends_at_once = false;
  int opened = 0;
  int messages = 0;
  int woken = 0;
  int destroyed = 0;
};

struct CountedService {
  explicit CountedService(bool ends_at_once) { service.ends_at_once = ends_at_once; }

  Counting service;
  std::array<rpc::Service, 1> services = {service.rpc_service()};
};

struct CountedCall : CountedService, LoneCall {
  explicit CountedCall(std::string_view fields = {}, bool ends_at_once = false)
      : CountedService(ends_at_once), LoneCall(rpc::ServiceTable(services), {}, fields, echo_data("a")) {}
};

void test_the_events_of_a_handler(void**) {
  CountedCall counted;
  assert_int_equal(counted.service.messages, 1);
  assert_false(counted.call->has_output());
  const lean::Time due = counted.loop.core().now + 1s;
  assert_true(counted.call->next_due() == due && counted.timer.due() == due);
  // A call that is woken too early keeps its time.
  counted.call->go_on();
  assert_true(counted.call->next_due() == due);
  counted.loop.set_now(due);
  counted.call->go_on();
  assert_int_equal(counted.service.woken, 2);
  assert_true(counted.call->next_due() == lean::kNever);
  counted.call->finish(rpc::StatusCode::Ok, std::string_view());
  counted.call->go_on();
  assert_int_equal(counted.service.woken, 2);
  assert_int_equal(counted.service.destroyed, 0);
  counted.call.reset();
  assert_int_equal(counted.service.destroyed, 1);
}

// Of every method, although services have no function for it unless requests are streams.
void test_the_end_of_the_request(void**) {
  static int ends = 0;
  LeanLoop loop(limits(), echo_service());
  rpc::Method method = *loop.core().server.services.find_method("/echo.Echo/ReplyStream");
  method.half_close = [](rpc::Call& call) { ends += call.messages_received() == 1 ? 1 : 0; };
  lean::WebRequest asked;
  asked.method = &method;
  std::string content = echo_data("a", 2, 60'000);
  OwnTimer timer;
  std::optional<lean::WebCall> call;
  call.emplace(loop.core(), timer, asked);
  call->start(asked, {reinterpret_cast<std::uint8_t*>(content.data()), content.size()});
  assert_int_equal(ends, 1);
  call.reset();
  loop.core().timers.disarm(timer);
  loop.finish();
}

void test_handlers_of_calls_that_end_early(void**) {
  const std::string fields = "X-A: " + std::string(1100, 'v') + "\r\n";
  CountedCall refused(fields);
  assert_true(refused.call->finished());
  assert_int_equal(refused.service.opened, 0);
  CountedCall ended({}, true);
  assert_true(ended.call->finished());
  assert_int_equal(ended.service.opened, 1);
  assert_int_equal(ended.service.messages, 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_calls_that_a_browser_cannot_make),
      cmocka_unit_test(test_the_content_is_one_message),
      cmocka_unit_test(test_content_in_base64),
      cmocka_unit_test(test_without_memory),
#ifdef MOTE_TLS
      cmocka_unit_test(test_a_method_that_needs_an_identity),
#endif
      cmocka_unit_test(test_names_of_one_character),
      cmocka_unit_test(test_the_largest_metadata_of_a_reply),
      cmocka_unit_test(test_the_times_of_a_reply),
      cmocka_unit_test(test_a_call_is_counted_with_its_time),
      cmocka_unit_test(test_replies_that_wait_for_their_peer),
      cmocka_unit_test(test_a_deadline_within_a_message),
      cmocka_unit_test(test_messages_that_wait_at_the_deadline),
      cmocka_unit_test(test_replies_that_cannot_be_encoded),
      cmocka_unit_test(test_metadata_that_is_malformed),
      cmocka_unit_test(test_a_call_that_has_ended),
      cmocka_unit_test(test_the_longest_message_of_a_status),
      cmocka_unit_test(test_what_a_call_keeps),
      cmocka_unit_test(test_a_call_without_memory),
      cmocka_unit_test(test_a_call_that_is_held_back),
      cmocka_unit_test(test_the_events_of_a_handler),
      cmocka_unit_test(test_the_end_of_the_request),
      cmocka_unit_test(test_handlers_of_calls_that_end_early),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
