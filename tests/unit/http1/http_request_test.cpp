#include "http1/http_request.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using namespace mote::http1;

const std::string kHead = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";

std::uint16_t status_of(const std::string& head) {
  HttpRequest request;
  return parse_head(head, request);
}

// `lines` follow the Host.
HttpRequest parsed(const std::string& lines, const std::string& first = "GET / HTTP/1.1") {
  static std::string head;
  head = first + "\r\nHost: a\r\n" + lines + "\r\n";
  HttpRequest request;
  assert_int_equal(parse_head(head, request), 0);
  return request;
}

void assert_equal(std::string_view text, const char* expected) {
  assert_string_equal(std::string(text).c_str(), expected);
}

void test_the_end_of_a_head(void**) {
  for (std::size_t size = 0; size < kHead.size(); ++size)
    assert_int_equal(head_size(std::string_view(kHead).substr(0, size), 0), 0);
  // However the bytes arrive.
  for (std::size_t seen = 0; seen < kHead.size(); ++seen) {
    assert_int_equal(head_size(kHead, seen), kHead.size());
    assert_int_equal(head_size(kHead + kHead, seen), kHead.size());
  }
}

void test_empty_lines_before_a_request(void**) {
  assert_int_equal(empty_lines(""), 0);
  assert_int_equal(empty_lines("\r"), 0);
  assert_int_equal(empty_lines("\r\n\r\nGET"), 4);
  assert_int_equal(empty_lines("\n"), 0);
}

void test_a_request(void**) {
  HttpRequest request;
  const std::string head =
      "HEAD /stats.json?x=1 HTTP/1.1\r\nhost:\t127.0.0.1:9464 \r\nORIGIN: http://a\r\nContent-Type: text/plain\r\n"
      "X-Other: \xc3\xa9\r\nEmpty:\r\n\r\n";
  assert_int_equal(parse_head(head, request), 0);
  assert_int_equal(request.verb, Verb::Head);
  assert_equal(request.path, "/stats.json");
  assert_equal(request.host, "127.0.0.1:9464");
  assert_equal(request.origin, "http://a");
  assert_equal(request.content_type, "text/plain");
  assert_true(request.keep_alive);
  assert_false(request.http_1_0);
}

void test_verbs(void**) {
  assert_int_equal(parsed("", "POST / HTTP/1.1").verb, Verb::Post);
  assert_int_equal(parsed("", "OPTIONS * HTTP/1.1").verb, Verb::Options);
  assert_int_equal(parsed("", "get / HTTP/1.1").verb, Verb::Other);
  assert_int_equal(parsed("", "BREW / HTTP/1.1").verb, Verb::Other);
}

void test_absolute_form(void**) {
  const HttpRequest request = parsed("", "GET http://b:1/x?y HTTP/1.1");
  assert_equal(request.host, "b:1");
  assert_equal(request.path, "/x");
  assert_equal(parsed("", "GET http://b HTTP/1.1").path, "/");
  assert_equal(parsed("", "GET http://b?q HTTP/1.1").host, "b");
}

void test_keep_alive(void**) {
  assert_true(parsed("").keep_alive);
  assert_false(parsed("Connection: close\r\n").keep_alive);
  assert_false(parsed("Connection: upgrade , Close\r\n").keep_alive);
  assert_false(parsed("Connection: close\r\nConnection: keep-alive\r\n").keep_alive);
  assert_true(parsed("Connection: closed\r\n").keep_alive);
  assert_false(parsed("", "GET / HTTP/1.0").keep_alive);
  assert_true(parsed("Connection: Keep-Alive\r\n", "GET / HTTP/1.0").keep_alive);
  assert_true(parsed("", "GET / HTTP/1.0").http_1_0);
  assert_true(parsed("", "GET / HTTP/1.9").keep_alive);
}

void test_content(void**) {
  assert_int_equal(parsed("Content-Length: 12\r\n").content_bytes, 12);
  assert_int_equal(parsed("Content-Length: 0\r\n").content_bytes, 0);
  assert_true(parsed("Transfer-Encoding: Chunked\r\n").chunked);
}

void test_malformed_heads(void**) {
  for (const char* head : {
           "\r\n",
           "GET\r\n\r\n",
           "GET /\r\n\r\n",
           "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
           "GET / http/1.1\r\nHost: a\r\n\r\n",
           "GET / HTTP/1,1\r\nHost: a\r\n\r\n",
           "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
           "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
           // Hosts.
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
           // Fields.
           "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
           "GET / HTTP/1.1\nHost: a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX: a\nb\r\n\r\n",
           // Lengths.
           "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
       }) {
    assert_int_equal(status_of(head), 400);
  }
}

void test_transfer_codings(void**) {
  assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), 501);
  assert_int_equal(
      status_of("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 501);
}

void test_versions(void**) {
  assert_int_equal(status_of("PRI * HTTP/2.0\r\n\r\n"), 505);
  assert_int_equal(status_of("GET / HTTP/0.9\r\n\r\n"), 505);
}

void test_tokens(void**) {
  assert_true(has_token("a, b ,c", "b"));
  assert_true(has_token("B", "b"));
  assert_false(has_token("ab", "b"));
  assert_false(has_token("", "b"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_end_of_a_head),
      cmocka_unit_test(test_empty_lines_before_a_request),
      cmocka_unit_test(test_a_request),
      cmocka_unit_test(test_verbs),
      cmocka_unit_test(test_absolute_form),
      cmocka_unit_test(test_keep_alive),
      cmocka_unit_test(test_content),
      cmocka_unit_test(test_malformed_heads),
      cmocka_unit_test(test_transfer_codings),
      cmocka_unit_test(test_versions),
      cmocka_unit_test(test_tokens),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
