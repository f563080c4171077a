#include "engine/lean/http1.h"

#include <string>

#include "engine/lean/plain_texts.h"
#include "support/cmocka_test.h"
#include "support/written.h"

namespace {

using namespace mote::lean;

constexpr std::string_view kPage = "the page\n";

std::string answer(std::string_view request) {
  return *mote::test::written([request](mote::ByteWriter& out) { answer_http1(request, kPage, out); });
}

std::string response(const std::string& status, std::string_view announced, std::string_view body) {
  return "HTTP/1.1 " + status + "\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: " +
         std::to_string(announced.size()) + "\r\n\r\n" + std::string(body);
}

void test_requests_of_http1(void**) {
  for (const char* verb : {"GET /", "HEAD /", "POST /a", "PUT /", "DELETE /", "OPTIONS *", "PATCH /"}) {
    assert_true(speaks_http1(verb));
  }
  for (const char* other : {"", "G", "GET", "get /", "PRI * HTTP/2.0\r\n", "GETT /", " GET /", "\x16\x03\x01"}) {
    assert_false(speaks_http1(other));
  }
}

void test_the_page(void**) {
  assert_string_equal(answer("GET / HTTP/1.1\r\n\r\n").c_str(), response("200 OK", kPage, kPage).c_str());
  assert_string_equal(answer("HEAD / HTTP/1.0\r\n\r\n").c_str(), response("200 OK", kPage, "").c_str());
}

void test_everything_else_needs_http2(void**) {
  const std::string refused = response("505 HTTP Version Not Supported", kHttp2NeededText, kHttp2NeededText);
  for (const char* request :
       {"GET /x HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\n\r\n", "GET /?a HTTP/1.1\r\n\r\n", "GET "}) {
    assert_string_equal(answer(request).c_str(), refused.c_str());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_requests_of_http1),
      cmocka_unit_test(test_the_page),
      cmocka_unit_test(test_everything_else_needs_http2),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
