// The listener of metrics and gRPC-Web: its answers to the byte, and requests in pieces, behind each other and side by side.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "echo.pb.h"
#include "engine/clock.h"
#include "http1/date.h"
#include "mote/rpc/service.h"
#include "support/cmocka_test.h"
#include "support/echo_text.h"
#include "support/http_site.h"
#include "support/logged.h"
#include "support/written.h"

namespace {

using namespace mote;
using namespace mote::test;
using namespace std::chrono_literals;
using engine::Limits;

constexpr std::string_view kPage = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string request(std::string_view line, std::string_view fields = "Host: localhost\r\n") {
  return std::string(line) + "\r\n" + std::string(fields) + "\r\n";
}

// An answer's head up to its own fields, with this second's date.
std::string start_of(std::string_view status, std::string_view type, std::uint64_t second) {
  const std::string date = *written([second](ByteWriter& out) { http1::write_date(out, second); });
  return "HTTP/1.1 " + std::string(status) + "\r\ndate: " + date + "\r\ncontent-type: " + std::string(type) +
         "\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\ncross-origin-resource-policy: "
         "same-origin\r\n"
         "referrer-policy: no-referrer\r\ncontent-security-policy: default-src 'none'; script-src 'unsafe-inline'; "
         "style-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
         "frame-ancestors 'none'\r\n";
}

// What the answer has behind these fields. The date is one of the seconds in which it can have been written.
std::string rest_of(Site& site, std::string_view asked, std::string_view status, std::string_view type) {
  const auto browser = site.connect();
  const std::uint64_t first = engine::wall_clock_us() / 1'000'000;
  const std::string answer = site.ask(*browser, asked);
  const std::uint64_t last = engine::wall_clock_us() / 1'000'000;
  for (std::uint64_t second = first; second <= last; ++second) {
    const std::string start = start_of(status, type, second);
    if (answer.starts_with(start)) return answer.substr(start.size());
  }
  fail_msg("%s", answer.c_str());
  return {};
}

std::string text_answer(std::string_view text) {
  return "content-length: " + std::to_string(text.size()) + "\r\n\r\n" + std::string(text);
}

// The value of mote_http_requests_total.
std::string counted(Site& site, std::string_view code) {
  const auto browser = site.connect();
  const std::string metrics = site.ask(*browser, kMetrics);
  const std::string name = "\nmote_http_requests_total{code=\"" + std::string(code) + "\"} ";
  const std::size_t at = metrics.find(name);
  assert_true(at != std::string::npos);
  return metrics.substr(at + name.size(), metrics.find('\n', at + name.size()) - at - name.size());
}

// --- Answers ---

void test_errors_say_why(void**) {
  struct Case {
    std::string request;
    const char* status;
    const char* code;
    std::string rest;
  };
  const std::string foreign = "Host: localhost\r\nOrigin: http://foreign.example\r\n";
  const std::string web = "Host: localhost\r\nContent-Type: application/grpc-web\r\n";
  for (const Case& c : {
           Case{request("GET /x HTTP/1.1"), "404 Not Found", "404",
                text_answer("there are /, /metrics and /stats.json\n")},
           Case{request("GET /echo.Echo/Reply HTTP/1.1", web), "404 Not Found", "404",
                text_answer("there are /, /metrics and /stats.json\n")},
           Case{request("POST /echo.Echo/Reply HTTP/1.1", "Host: localhost\r\nContent-Length: 0\r\n"), "404 Not Found",
                "404", text_answer("there are /, /metrics and /stats.json\n")},
           Case{request("DELETE / HTTP/1.1"), "405 Method Not Allowed", "405",
                "allow: GET, HEAD\r\n" + text_answer("only GET and HEAD are allowed here\n")},
           Case{request("GET / HTTP/1.1", foreign), "403 Forbidden", "403",
                text_answer("the Origin is that of another site\n")},
           Case{request("nonsense"), "400 Bad Request", "400",
                "connection: close\r\n" + text_answer("the request is malformed\n")},
           Case{request("GET / HTTP/2.0"), "505 HTTP Version Not Supported", "505",
                "connection: close\r\n" + text_answer("this listener speaks HTTP/1.1\n")},
           Case{request("POST /echo.Echo/Reply HTTP/1.1", web + "Transfer-Encoding: chunked\r\n"),
                "411 Length Required", "411", "connection: close\r\n" + text_answer("a call needs content-length\n")},
           Case{request("GET / HTTP/1.1", "Host: localhost\r\nContent-Length: 1\r\n"), "413 Content Too Large", "413",
                "connection: close\r\n" +
                    text_answer("only calls have content, and head and content fit into http-request-bytes\n")},
       }) {
    Site site;
    assert_string_equal(rest_of(site, c.request, c.status, "text/plain; charset=utf-8").c_str(), c.rest.c_str());
    assert_string_equal(counted(site, c.code).c_str(), "1");
    site.finish();
  }
  Site site;
  assert_true(rest_of(site, request("GET / HTTP/1.1", "Host: foreign.example\r\n"), "421 Misdirected Request",
                      "text/plain; charset=utf-8")
                  .ends_with("may have sent this\n"));
  assert_string_equal(counted(site, "421").c_str(), "1");
  const auto browser = site.connect();
  const std::string log = logged([&] {
    (void)site.ask(*browser, request("GET / HTTP/1.1", foreign));
    (void)site.ask(*browser, request("GET / HTTP/1.1", "Host: foreign.example\r\n"));
  });
  assert_true(contains(log, "event=http-refused peer=unix: origin=http://foreign.example\n"));
  assert_true(contains(log, "event=http-refused peer=unix: host=foreign.example\n"));
  site.finish();
}

void test_the_page_and_its_documents(void**) {
  Site site;
  const std::string page = rest_of(site, kPage, "200 OK", "text/html; charset=utf-8");
  const std::size_t content = page.find("\r\n\r\n") + 4;
  const std::string head =
      "content-encoding: gzip\r\ncontent-length: " + std::to_string(page.size() - content) + "\r\n\r\n";
  assert_string_equal(page.substr(0, content).c_str(), head.c_str());
  assert_true(page.substr(content).starts_with("\x1f\x8b"));
  // HEAD has the fields alone.
  assert_string_equal(rest_of(site, request("HEAD / HTTP/1.1"), "200 OK", "text/html; charset=utf-8").c_str(),
                      head.c_str());
  const std::string chunked = "transfer-encoding: chunked\r\n\r\n";
  const char* const metrics = "text/plain; version=0.0.4; charset=utf-8";
  assert_true(rest_of(site, kMetrics, "200 OK", metrics).starts_with(chunked));
  assert_string_equal(rest_of(site, request("HEAD /metrics HTTP/1.1"), "200 OK", metrics).c_str(), chunked.c_str());
  const std::string stats = rest_of(site, kStats, "200 OK", "application/json");
  assert_true(stats.ends_with("\r\n0\r\n\r\n"));
  // The head of a chunk has four digits.
  assert_int_equal(stats.find("\r\n{", chunked.size()), chunked.size() + 4);
  // With this one.
  assert_string_equal(counted(site, "200").c_str(), "6");
  site.finish();
}

void test_a_document_over_http_1_0(void**) {
  Site site;
  const auto browser = site.connect();
  const std::string kept = "Host: localhost\r\nConnection: keep-alive\r\n";
  const std::string answer = site.ask(*browser, request("GET /stats.json HTTP/1.0", kept));
  assert_true(contains(answer, "connection: close\r\n\r\n{") && answer.ends_with("}\n"));
  assert_true(browser->closed());
  const auto caller = site.connect();
  assert_true(contains(site.ask(*caller, call("Reply", echo_data("a"), "Connection: keep-alive\r\n", "1.0")),
                       "connection: close\r\n"));
  assert_true(caller->closed());
  site.finish();
}

void test_a_page_of_another_origin_may_call(void**) {
  Site site;
  const std::string origin = "Origin: " + std::string(kOrigin) + "\r\n";
  const std::string reading = "access-control-allow-origin: " + std::string(kOrigin) +
                              "\r\naccess-control-expose-headers: *\r\nvary: origin\r\n";
  const std::string asked =
      request("OPTIONS /echo.Echo/Reply HTTP/1.1",
              "Host: localhost\r\n" + origin +
                  "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type,x-grpc-web\r\n");
  assert_string_equal(rest_of(site, asked, "204 No Content", "text/plain; charset=utf-8").c_str(),
                      ("access-control-allow-methods: POST\r\naccess-control-max-age: 600\r\n"
                       "access-control-allow-headers: content-type,x-grpc-web\r\n" +
                       reading + "\r\n")
                          .c_str());
  assert_string_equal(counted(site, "204").c_str(), "1");
  const char* const type = "application/grpc-web+proto";
  const std::string reply = rest_of(site, call("Reply", echo_data("a"), origin), "200 OK", type);
  assert_true(reply.starts_with(reading + "transfer-encoding: chunked\r\n"));
  const std::string other = rest_of(site, call("Reply", echo_data("a"), "X-Echo-A: v\r\n"), "200 OK", type);
  assert_false(contains(other, "access-control"));
  // The initial metadata is in the head.
  assert_true(contains(other.substr(0, other.find("\r\n\r\n")), "\r\nx-echo-a: v"));
  // With both requests for the count.
  assert_string_equal(counted(site, "200").c_str(), "4");
  site.finish();
}

// --- Requests ---

// Empty lines in front of a request are skipped (RFC 9112 2.2).
void test_requests_in_pieces(void**) {
  Site site;
  const auto browser = site.connect();
  for (const std::string& asked : {"\r\n\r\n" + std::string(kStats), call("Reply", echo_data("piece"))}) {
    for (std::size_t cut = 1; cut < asked.size(); ++cut) {
      browser->send(asked.substr(0, cut));
      site.loop.settle();
      assert_true(contains(site.ask(*browser, asked.substr(cut)), "HTTP/1.1 200 OK\r\n"));
    }
  }
  site.finish();
}

// Each begins when the reply before it is complete, also behind one that came in pieces.
void test_requests_behind_each_other(void**) {
  Site site;
  const auto browser = site.connect();
  const std::string slow = call("Reply", echo_data("first"), "X-Long: " + std::string(200, 'x') + "\r\n");
  const std::size_t cut = slow.find("\r\n\r\n") - 3;
  browser->send(slow.substr(0, cut));
  site.loop.settle();
  const std::string short_one = request("GET /x HTTP/1.1");
  const std::string answers =
      site.ask(*browser, slow.substr(cut) + short_one + call("Reply", echo_data("third")) + std::string(kStats));
  const std::size_t first = answers.find("You said: first");
  const std::size_t second = answers.find("404 Not Found", first);
  const std::size_t third = answers.find("You said: third", second);
  const std::size_t fourth = answers.find("application/json", third);
  assert_true(first < second && second < third && third < fourth && fourth != std::string::npos);
  assert_false(browser->closed());
  site.finish();
}

void test_the_last_request_of_a_connection(void**) {
  Site site;
  const auto browser = site.connect();
  const std::string asked = call("Reply", echo_data("a"), "Connection: close\r\n");
  browser->send(asked.substr(0, 10));
  site.loop.settle();
  site.loop.pass(5s);
  const std::string reply = site.ask(*browser, asked.substr(10));
  assert_true(contains(reply, "connection: close\r\n") && contains(reply, "You said: a"));
  assert_true(browser->closed());
  // The peer has to close too, in a time that begins with the end of the reply.
  assert_int_equal(site.time_left().count(), lean::Time(10s).count());
  site.loop.pass(10s);
  assert_true(site.loop.next_due() == lean::kNever);
  site.finish();
}

// The last chunk of one of them has a single byte.
void test_replies_of_every_size(void**) {
  Site site(limits([](Limits& chosen) { chosen.http_request_bytes = 8192; }));
  const auto browser = site.connect();
  for (std::size_t size = 3990; size < 4096; ++size) {
    const std::string reply = site.ask(*browser, call("Reply", echo_data_of_size(size)));
    assert_true(reply.ends_with("\r\n0\r\n\r\n"));
    assert_true(content_of(reply).ends_with("grpc-status: 0\r\n"));
  }
  site.finish();
}

// What one does not read does not reach the other.
void test_connections_side_by_side(void**) {
  Site site;
  constexpr std::size_t kRequests = 100;
  const auto slow = site.connect();
  const auto other = site.connect();
  for (std::size_t i = 0; i < kRequests; ++i)
    slow->send(kMetrics);
  site.loop.settle();
  const std::string asked =
      request("GET /stats.json HTTP/1.1", "Host: localhost\r\nX: " + std::string(4000, '~') + "\r\n");
  other->send(asked.substr(0, asked.size() - 2));
  site.loop.settle();
  const std::string all = site.answer(*slow);
  assert_false(contains(all, "~"));
  assert_true(contains(site.ask(*other, asked.substr(asked.size() - 2)), "application/json"));
  std::size_t heads = 0;
  for (std::size_t at = all.find("HTTP/1.1 200 OK"); at != std::string::npos; at = all.find("HTTP/1.1 200 OK", at + 1))
    ++heads;
  assert_int_equal(heads, kRequests);
  site.finish();
}

// Each has a buffer of its own, which keeps what its socket does not take.
void test_replies_side_by_side(void**) {
  Site site(limits([](Limits& chosen) { chosen.socket_send_bytes = 4096; }), "127.0.0.1:0");
  const auto first = site.connect(1);
  const auto second = site.connect(1);
  first->send(request("GET /metrics HTTP/1.1", "Host: localhost\r\nConnection: close\r\n"));
  second->send(request("GET /stats.json HTTP/1.1", "Host: localhost\r\nConnection: close\r\n"));
  std::string metrics;
  std::string stats;
  while (!metrics.ends_with("\r\n0\r\n\r\n") || !stats.ends_with("\r\n0\r\n\r\n")) {
    site.loop.settle();
    metrics += first->text();
    stats += second->text();
  }
  assert_true(metrics.rfind("HTTP/1.1") == 0 && !contains(metrics, "\":"));
  assert_true(stats.rfind("HTTP/1.1") == 0 && !contains(stats, "# "));
  site.finish();
}

void test_a_connection_is_accepted_at_once(void**) {
  Site site;
  Browser browser(site.address());
  browser.send(kStats);
  assert_true(site.loop.turn());
  assert_true(site.loop.turn());
  assert_true(contains(browser.text(), "HTTP/1.1 200 OK\r\n"));
  site.finish();
}

// --- Places ---

void test_a_place_forgets_the_connection_before(void**) {
  for (const std::string& asked : {call("Reply", echo_data("a")), std::string(kMetrics)}) {
    Site site(limits([](Limits& chosen) { chosen.http_connections = 1; }));
    auto gone = site.connect();
    for (int i = 0; i < 200; ++i)
      gone->send(kMetrics);
    site.loop.settle();
    gone.reset();
    site.loop.settle();
    assert_true(site.loop.next_due() == lean::kNever);
    const auto next = site.connect();
    const std::string answer = site.ask(*next, asked);
    assert_true(answer.starts_with("HTTP/1.1 200 OK\r\ndate: ") && answer.ends_with("\r\n0\r\n\r\n"));
    // A reply of several turns waits for the socket anew.
    assert_true(site.ask(*next, kMetrics).ends_with("\r\n0\r\n\r\n"));
    site.finish();
  }
}

// Has one answer, without a document.
struct Owner final : lean::HttpOwner {
  lean::Answer reply = lean::Answer(404);

  lean::Answer answer(const lean::HttpConnection& /*connection*/, const http1::HttpRequest& /*request*/) override {
    return reply;
  }
  void note_limit(engine::LimitId /*id*/, std::string_view /*peer*/) override {}
  void count_answer(std::uint16_t /*status*/) override {}
  [[nodiscard]] const lean::MonitorView& view() const override { std::abort(); }
};

struct Place {
  LeanLoop loop;
  Owner owner;
  std::vector<std::uint8_t> request = std::vector<std::uint8_t>(1024);
  std::vector<std::uint8_t> reply = std::vector<std::uint8_t>(lean::HttpConnection::kReplyBytes);
  lean::HttpConnection connection{loop.core(), owner, request, reply};
};

// epoll refuses a regular file.
void test_a_descriptor_that_epoll_refuses(void**) {
  Place place;
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  assert_true(file >= 0);
  assert_false(place.connection.open(file));
  assert_false(place.connection.used());
  assert_true(place.loop.next_due() == lean::kNever);
  assert_int_equal(::fcntl(file, F_GETFD), -1);
  place.loop.finish();
}

// It may be of a connection that was closed earlier in the turn; another file may have its number now.
void test_an_event_for_a_free_place(void**) {
  Place place;
  std::array<int, 2> ends{};
  const auto open_pair = [&ends] {
    assert_int_equal(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  };
  open_pair();
  assert_true(place.connection.open(ends[0]));
  place.connection.close();
  ::close(ends[1]);
  open_pair();
  assert_int_equal(::write(ends[1], "abc", 3), 3);
  place.connection.on_events(EPOLLIN);
  std::array<char, 4> unread{};
  assert_int_equal(::read(ends[0], unread.data(), unread.size()), 3);
  ::close(ends[0]);
  ::close(ends[1]);
  place.loop.finish();
}

// Its descriptor may be that of another socket by then.
void test_a_free_place_is_closed_again(void**) {
  Place place;
  Site site(limits(), "127.0.0.1:0");
  std::array<int, 2> ends{};
  assert_int_equal(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  assert_true(place.connection.open(ends[0]));
  place.connection.close();
  const Browser other(site.address());
  other.send(std::string(200'000, 'x'));  // More than the listener reads, so that its kernel holds some.
  place.connection.close();
  linger chosen{};
  socklen_t size = sizeof(chosen);
  assert_int_equal(::getsockopt(ends[0], SOL_SOCKET, SO_LINGER, &chosen, &size), 0);
  assert_int_equal(chosen.l_onoff, 0);
  ::close(ends[1]);
  site.finish();
  place.loop.finish();
}

struct NoService {};

// Its call ends a second after the request, and has no other reply.
struct Late : rpc::ServerStreamingCall<NoService, echo_EchoReply> {
  void on_message(const echo_EchoRequest& /*request*/) { wake_at(now() + 1s); }
  void on_ready() { finish(); }
};

void test_the_head_of_a_call_comes_with_its_first_reply(void**) {
  constexpr rpc::Method kMethod =
      rpc::streaming<NoService, Late, echo_EchoRequest>("/echo.Echo/Late", rpc::Kind::ServerStreaming);
  Place place;
  place.owner.reply = lean::Answer(200);
  place.owner.reply.call = true;
  place.owner.reply.web.method = &kMethod;
  std::array<int, 2> ends{};
  assert_int_equal(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  assert_true(place.connection.open(ends[0]));
  const std::string asked = call("Late", echo_data("a"));
  assert_int_equal(::write(ends[1], asked.data(), asked.size()), asked.size());
  std::array<char, 4096> reply{};
  place.loop.settle();
  assert_int_equal(::read(ends[1], reply.data(), reply.size()), -1);
  place.loop.pass(1s);
  assert_true(::read(ends[1], reply.data(), reply.size()) > 0);
  assert_true(std::string(reply.data()).starts_with("HTTP/1.1 200 OK\r\n"));
  place.connection.close();
  ::close(ends[1]);
  place.loop.finish();
}

// An event without bytes does not extend the time of the first request.
void test_an_event_without_bytes(void**) {
  Place place;
  std::array<int, 2> ends{};
  assert_int_equal(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  assert_true(place.connection.open(ends[0]));
  const lean::Time due = place.loop.next_due();
  place.loop.set_now(place.loop.core().now + 1s);
  place.connection.on_events(EPOLLIN);
  assert_true(place.loop.next_due() == due);
  place.connection.close();
  ::close(ends[1]);
  place.loop.finish();
}

// A connection without a request counts from its begin.
void test_a_silent_connection_makes_room(void**) {
  Site site(limits([](Limits& chosen) { chosen.http_connections = 2; }));
  const auto first = site.connect();
  (void)site.ask(*first, kStats);
  site.loop.pass(1s);
  const auto second = site.connect();
  site.loop.pass(1s);
  (void)site.ask(*first, kStats);
  const auto third = site.connect();
  assert_true(second->closed());
  assert_false(first->closed());
  site.loop.pass(1s);
  const auto fourth = site.connect();
  assert_true(first->closed());
  assert_false(third->closed());
  site.finish();
}

// What it takes of the arena, and a file that may be the first descriptor of the program.
void test_a_monitor_takes_what_it_announces(void**) {
  LeanLoop loop(limits([](Limits& chosen) { chosen.http_connections = 3; }));
  const Limits& chosen = loop.core().limits;
  lean::Arena arena(1 << 20U);
  const std::size_t before = arena.left_bytes();
  const lean::LoopFigures figures;
  const engine::EngineSizes sizes;
  const int input = ::dup(STDIN_FILENO);
  ::close(STDIN_FILENO);
  auto monitor = make_monitor("unix:/tmp/none", loop, arena, figures, sizes);
  const std::size_t announced =
      chosen.http_connections * (lean::Monitor::kConnectionBytes + chosen.http_request_bytes) +
      (chosen.metrics_methods + std::size_t{1}) * lean::Monitor::kMethodBytes + lean::Monitor::kFixedBytes;
  assert_in_range(before - arena.left_bytes(), announced - 1024, announced);
  assert_int_not_equal(::fcntl(STDIN_FILENO, F_GETFD), -1);
  monitor.reset();
  assert_int_equal(::fcntl(STDIN_FILENO, F_GETFD), -1);
  ::dup2(input, STDIN_FILENO);
  ::close(input);
  loop.finish();
}

void test_a_drain_ends_the_listener(void**) {
  Site site;
  const engine::Address address = site.address();
  site.drain();
  const int client = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(::connect(client, address.pointer(), address.length), -1);
  ::close(client);
  site.finish();
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

void test_the_end_closes_all_descriptors(void**) {
  const std::ptrdiff_t before = open_descriptors();
  {
    Site site;
    const auto browser = site.connect();
    (void)site.ask(*browser, kStats);
    site.finish();
  }
  assert_int_equal(open_descriptors(), before);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_errors_say_why),
      cmocka_unit_test(test_the_page_and_its_documents),
      cmocka_unit_test(test_a_document_over_http_1_0),
      cmocka_unit_test(test_a_page_of_another_origin_may_call),
      cmocka_unit_test(test_requests_in_pieces),
      cmocka_unit_test(test_requests_behind_each_other),
      cmocka_unit_test(test_the_last_request_of_a_connection),
      cmocka_unit_test(test_replies_of_every_size),
      cmocka_unit_test(test_connections_side_by_side),
      cmocka_unit_test(test_replies_side_by_side),
      cmocka_unit_test(test_a_connection_is_accepted_at_once),
      cmocka_unit_test(test_a_place_forgets_the_connection_before),
      cmocka_unit_test(test_a_descriptor_that_epoll_refuses),
      cmocka_unit_test(test_an_event_for_a_free_place),
      cmocka_unit_test(test_a_free_place_is_closed_again),
      cmocka_unit_test(test_the_head_of_a_call_comes_with_its_first_reply),
      cmocka_unit_test(test_an_event_without_bytes),
      cmocka_unit_test(test_a_silent_connection_makes_room),
      cmocka_unit_test(test_a_monitor_takes_what_it_announces),
      cmocka_unit_test(test_a_drain_ends_the_listener),
      cmocka_unit_test(test_the_end_closes_all_descriptors),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
