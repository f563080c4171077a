#include "mote/rpc/service_table.h"

#include <array>

#include "support/cmocka_test.h"

namespace {

using namespace mote::rpc;

constexpr Method named(std::string_view path) {
  return {path, Kind::Unary, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
}

constexpr std::array kFirst = {named("/a.B/C"), named("/a.B/D")};
constexpr std::array kSecond = {named("/a.BB/C")};
constexpr std::array<Service, 3> kServices = {Service{"a.B", kFirst}, Service{"a.BB", kSecond}, Service{"empty", {}}};
constexpr ServiceTable kTable(kServices);

void test_a_method_is_found_by_its_whole_path(void**) {
  assert_ptr_equal(kTable.find_method("/a.B/C"), &kFirst[0]);
  assert_ptr_equal(kTable.find_method("/a.B/D"), &kFirst[1]);
  assert_ptr_equal(kTable.find_method("/a.BB/C"), &kSecond[0]);
  for (const char* none : {"", "/", "/a.B", "/a.B/", "/a.B/CD", "a.B/C", "/A.B/C", "/a.BB/D"}) {
    assert_null(kTable.find_method(none));
  }
}

void test_a_service_is_known_by_its_name(void**) {
  assert_true(kTable.has_service("a.B"));
  assert_true(kTable.has_service("empty"));
  assert_false(kTable.has_service(""));
  assert_false(kTable.has_service("a."));
  assert_false(kTable.has_service("a.BBB"));
}

void test_an_empty_table_has_no_calls(void**) {
  const ServiceTable none({});
  assert_null(none.find_method("/a.B/C"));
  assert_false(none.has_service("a.B"));
}

void test_the_service_of_a_path(void**) {
  assert_true(service_of("/a.B/C") == "a.B");
  assert_true(service_of("/a.B/") == "a.B");
  assert_true(service_of("/a.B/C/D") == "a.B");
  for (const char* none : {"", "/", "//", "//C", "//C/D", "/a.B", "a.B/C", "a/b/c"}) {
    assert_true(service_of(none).empty());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_method_is_found_by_its_whole_path),
      cmocka_unit_test(test_a_service_is_known_by_its_name),
      cmocka_unit_test(test_an_empty_table_has_no_calls),
      cmocka_unit_test(test_the_service_of_a_path),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
