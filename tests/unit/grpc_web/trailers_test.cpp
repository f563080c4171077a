#include "grpc_web/trailers.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::StatusCode;
using mote::grpc_web::TrailersHead;

std::string head(StatusCode status, std::size_t more_bytes) {
  const TrailersHead head(status, more_bytes);
  return std::string(mote::as_text(head.bytes()));
}

void test_the_status_is_the_first_line(void**) {
  using namespace std::string_literals;
  assert_true(head(StatusCode::Ok, 0) == "\x80\0\0\0\x10grpc-status: 0\r\n"s);
  assert_true(head(StatusCode::ResourceExhausted, 1) == "\x80\0\0\0\x11grpc-status: 8\r\n"s);
  assert_true(head(StatusCode::Unauthenticated, 0x10000) == "\x80\0\1\0\x11grpc-status: 16\r\n"s);
}

void test_a_line(void**) {
  std::array<std::uint8_t, 10> buffer{};
  mote::ByteWriter out(buffer);
  mote::grpc_web::write_line(out, "name", "v");
  assert_true(mote::as_text(out.written()) == "name: v\r\n");
  assert_int_equal(out.size(), 5 + mote::grpc_web::kLineBytes);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_status_is_the_first_line),
      cmocka_unit_test(test_a_line),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
