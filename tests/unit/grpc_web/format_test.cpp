#include "grpc_web/format.h"

#include "support/cmocka_test.h"

namespace {

using namespace mote::grpc_web;

void test_both_formats(void**) {
  for (const char* type : {"application/grpc-web", "application/grpc-web+proto", "application/grpc-web+proto;x=y"})
    assert_true(format_of(type) == Format::Binary);
  for (const char* type :
       {"application/grpc-web-text", "application/grpc-web-text+proto", "application/grpc-web-text; charset=utf-8"})
    assert_true(format_of(type) == Format::Text);
}

void test_what_is_not_grpc_web(void**) {
  for (const char* type : {"", "application/grpc", "application/grpc+proto", "application/grpc-webx", "text/plain",
                           "application/grpc-web+json", "application/grpc-web-textual", "application/grpc-web+"})
    assert_true(format_of(type) == Format::None);
}

void test_the_type_of_a_reply_has_the_same_format(void**) {
  for (const Format format : {Format::Binary, Format::Text})
    assert_true(format_of(content_type(format)) == format);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_both_formats),
      cmocka_unit_test(test_what_is_not_grpc_web),
      cmocka_unit_test(test_the_type_of_a_reply_has_the_same_format),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
