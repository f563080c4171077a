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

void test_unknown_service_and_unknown_method(void**) {
  assert_text("/echo.Echo/Other", "unknown method Other of service echo.Echo");
  assert_text("/echo.Other/Reply", "unknown service echo.Other");
  assert_text("/echo.Echo", "unknown service /echo.Echo");
  assert_text("nothing", "unknown service nothing");
  assert_text("/", "unknown service /");
}

void test_long_names_are_cut(void**) {
  const std::string name(300, 'x');
  assert_text("/" + name + "/Reply", "unknown service " + name.substr(0, 64));
  assert_text("/echo.Echo/" + name, "unknown method " + name.substr(0, 64) + " of service echo.Echo");
}

void test_the_limits_of_metadata_are_named(void**) {
  engine::Limits limits;
  limits.max_header_bytes = 4096;
  limits.max_header_fields = 10;
  const std::string text(engine::request_metadata_too_large(limits).view());
  assert_string_equal(text.c_str(), "request metadata exceeds 4096 bytes or 10 fields");
}

void assert_malformed(std::string_view name, http2::FieldFault fault, const std::string& text) {
  const engine::RefusalText refusal = engine::malformed_request(name, fault);
  assert_string_equal(std::string(refusal.view()).c_str(), text.c_str());
  assert_false(refusal.truncated());
}

void test_malformed_fields_are_named(void**) {
  using http2::FieldFault;
  assert_malformed("x-note", FieldFault::Characters,
                   "malformed header field \"x-note\": its value contains NUL, CR or LF");
  assert_malformed("te", FieldFault::Whitespace,
                   "malformed header field \"te\": its value begins or ends with whitespace");
  assert_malformed("connection", FieldFault::Place, "malformed header field \"connection\": it is not allowed here");
  assert_malformed("te", FieldFault::Value, "malformed header field \"te\": its value is not valid");
  assert_malformed("", FieldFault::Name,
                   "malformed header field \"\": its name is empty or has a character that is not allowed");
  assert_malformed("", FieldFault::None,
                   "malformed request: pseudo-header fields are missing or contradict each other");
}

void test_names_are_escaped_and_cut(void**) {
  using http2::FieldFault;
  assert_malformed("X y\n\"\\\xff", FieldFault::Place,
                   "malformed header field \"X y\\x0a\\x22\\x5c\\xff\": it is not allowed here");
  std::string escaped;
  for (int i = 0; i < 32; ++i)
    escaped += "\\x01";
  assert_malformed(
      std::string(8000, '\x01'), FieldFault::Name,
      "malformed header field \"" + escaped + "\": its name is empty or has a character that is not allowed");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_unknown_service_and_unknown_method), cmocka_unit_test(test_long_names_are_cut),
      cmocka_unit_test(test_the_limits_of_metadata_are_named),   cmocka_unit_test(test_malformed_fields_are_named),
      cmocka_unit_test(test_names_are_escaped_and_cut),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
