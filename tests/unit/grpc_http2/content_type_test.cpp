#include "grpc_http2/content_type.h"

#include <string>

#include "support/cmocka_test.h"

using mote::grpc_http2::is_grpc_content_type;

namespace {

void grpc_with_or_without_a_format(void**) {
  for (std::string_view good : {"application/grpc", "application/grpc+proto", "application/grpc+json"})
    assert_true(is_grpc_content_type(good));
}

// RFC 9110 8.3.1: type and subtype are compared without regard to case.
void case_does_not_matter(void**) {
  for (std::string_view good :
       {"Application/gRPC", "APPLICATION/GRPC", "application/GRPC+Proto", "applicatioN/grpC;a=b"})
    assert_true(is_grpc_content_type(good));
}

// RFC 9110 5.6.6: parameters = *( OWS ";" OWS [ parameter ] ).
void whitespace_before_parameters_does_not_matter(void**) {
  for (std::string_view good :
       {"application/grpc;charset=utf-8", "application/grpc ;charset=utf-8", "application/grpc\t; charset=utf-8",
        "application/grpc \t ;", "application/grpc;", "application/grpc+proto ; charset=utf-8"}) {
    assert_true(is_grpc_content_type(good));
  }
}

void other_types_are_not_grpc(void**) {
  for (std::string_view bad :
       {"", "a", "application/grp", "application/grpcx", "application/grpc-web", "application/grpc-web+proto",
        "application/grpc,", "application/grpc/", "application/grpc x", "application/grpc x;a",
        "application/grpc +proto", "application/json", "text/plain", "xapplication/grpc", " application/grpc",
        "application /grpc", "grpc", "application\x0fgrpc"}) {
    assert_false(is_grpc_content_type(bad));
  }
}

// A change of one character, other than of its case, makes another type.
void every_character_counts(void**) {
  constexpr std::string_view kType = "application/grpc";
  for (std::size_t at = 0; at < kType.size(); ++at) {
    for (unsigned c = 0; c < 256; ++c) {
      std::string type(kType);
      type[at] = static_cast<char>(c);
      const bool letter = kType[at] != '/';
      const bool same = c == static_cast<unsigned char>(kType[at]) ||
                        (letter && c + ('a' - 'A') == static_cast<unsigned char>(kType[at]));
      assert_int_equal(is_grpc_content_type(type), same);
    }
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(grpc_with_or_without_a_format),
      cmocka_unit_test(case_does_not_matter),
      cmocka_unit_test(whitespace_before_parameters_does_not_matter),
      cmocka_unit_test(other_types_are_not_grpc),
      cmocka_unit_test(every_character_counts),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
