#include "engine/refusals.h"

#include <array>
#include <string>

#include "support/cmocka_test.h"

namespace {

using namespace mote;

constexpr rpc::Service kService = {"echo.Echo", {}};
const std::array kServices = {kService};
const rpc::ServiceTable kTable(kServices);

void assert_text(std::string_view path, const std::string& text) {
  const engine::RefusalText refusal = engine::unknown_path(kTable, path);
  assert_string_equal(std::string(refusal.view()).c_str(), text.c_str());
  assert_false(refusal.truncated());
}

void test_service_and_method_are_told_apart(void**) {
  assert_text("/echo.Echo/Other", "unknown method Other of service echo.Echo");
  assert_text("/echo.Other/Reply", "unknown service echo.Other");
  assert_text("/echo.Echo", "unknown service /echo.Echo");
  assert_text("nothing", "unknown service nothing");
  assert_text("/", "unknown service /");
}

void test_long_names_are_cut(void**) {
  const std::string name(300, 'x');
  assert_text("/" + name + "/Reply", "unknown service " + name.substr(0, 200));
  assert_text("/echo.Echo/" + name, "unknown method " + name.substr(0, 200) + " of service echo.Echo");
}

void test_the_limits_of_metadata_are_told(void**) {
  engine::Limits limits;
  limits.max_header_bytes = 4096;
  limits.max_header_fields = 10;
  const std::string text(engine::request_metadata_too_large(limits).view());
  assert_string_equal(text.c_str(), "request metadata exceeds 4096 bytes or 10 fields");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_service_and_method_are_told_apart),
      cmocka_unit_test(test_long_names_are_cut),
      cmocka_unit_test(test_the_limits_of_metadata_are_told),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
