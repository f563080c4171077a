#include "device/response.h"

#include <string>
#include <vector>

#include "support/cmocka_test.h"

namespace {

using mote::StatusCode;
using mote::device::Response;

struct Received {
  explicit Received(std::size_t text_bytes = 32) : storage(text_bytes, 0xcc), response(storage) {}
  bool take(std::string_view name, std::string_view value) { return response.take({name, value}); }

  std::vector<std::uint8_t> storage;
  Response response;
};

void a_good_response(void**) {
  Received received;
  assert_false(received.take("content-type", "application/grpc+proto"));
  assert_false(received.response.foreign(200));
  assert_false(received.response.has_status());
  assert_false(received.take("grpc-status", "0"));
  assert_true(received.response.has_status());
  assert_int_equal(received.response.status(200), StatusCode::Ok);
  assert_string_equal(received.response.text(200), "");
}

void only_the_applications_fields_are_custom_metadata(void**) {
  Received received;
  assert_true(received.take("x-echo-note", "1"));
  assert_true(received.take("server", "somebody"));
  assert_true(received.take("grpc", "1"));
  assert_false(received.take("grpc-accept-encoding", "gzip"));
  assert_false(received.take("grpc-status-details-bin", "AA"));
}

void messages_are_percent_decoded(void**) {
  Received received;
  received.take("grpc-status", "5");
  received.take("grpc-message", "no%20such%20%C3%A9cho 100%");
  assert_int_equal(received.response.status(200), StatusCode::NotFound);
  assert_string_equal(received.response.text(200),
                      "no such \xc3\xa9"
                      "cho 100%");
}

void long_messages_are_truncated_and_nul_terminated(void**) {
  Received received(8);
  received.take("grpc-message", "0123456789");
  assert_string_equal(received.response.text(200), "0123456");
  received.take("grpc-message", "%30%31%32%33%34%35%36%37%38");
  assert_string_equal(received.response.text(200), "0123456");
  Received one(1);
  one.take("grpc-status", "2");
  one.take("grpc-message", "x");
  assert_string_equal(one.response.text(200), "");
  Received none(0);
  none.take("grpc-status", "2");
  none.take("grpc-message", "x");
  assert_string_equal(none.response.text(200), "");
}

void the_first_malformed_field_is_named(void**) {
  Received received;
  assert_string_equal(received.response.malformed_text(), "malformed response");
  received.response.note_malformed("x-a");
  received.response.note_malformed("x-b");
  assert_string_equal(received.response.malformed_text(), "malformed field x-a");
  received.take("grpc-message", "what the server says");
  received.response.note_malformed("x-c");
  assert_string_equal(received.response.text(200), "what the server says");
  Received small(20);
  small.response.note_malformed("x-0123456789");
  assert_string_equal(small.response.malformed_text(), "malformed field x-0");
  Received none(0);
  none.response.note_malformed("x-a");
  assert_string_equal(none.response.malformed_text(), "malformed response");
}

void invalid_statuses_are_unknown(void**) {
  for (const std::string& value : {std::string("17"), std::string("-1"), std::string(), std::string("00"),
                                   std::string(5000, '0'), std::string("x")}) {
    Received received;
    received.take("grpc-status", value);
    assert_true(received.response.has_status());
    assert_int_equal(received.response.status(200), StatusCode::Unknown);
  }
}

void without_grpc_status_the_http_status_counts(void**) {
  const struct {
    std::uint16_t http;
    StatusCode expected;
  } cases[] = {{401, StatusCode::Unauthenticated},
               {404, StatusCode::Unimplemented},
               {503, StatusCode::Unavailable},
               {200, StatusCode::Unknown},
               {302, StatusCode::Unknown}};
  for (const auto& one : cases)
    assert_int_equal(Received().response.status(one.http), one.expected);
}

void what_is_not_grpc(void**) {
  Received html;
  html.take("content-type", "text/html");
  assert_true(html.response.foreign(200));
  assert_string_equal(html.response.text(200), "not a gRPC response");
  Received error;
  error.take("content-type", "application/grpc");
  assert_true(error.response.foreign(404));
  Received bare;
  bare.take("content-type", "application/grpc");
  assert_string_equal(bare.response.text(200), "no grpc-status");
}

// RFC 9110 8.3.1.
void content_types_of_grpc(void**) {
  for (const char* type : {"application/grpc", "Application/GRPC+proto", "application/grpc ;charset=utf-8"}) {
    Received received;
    assert_false(received.take("content-type", type));
    assert_false(received.response.foreign(200));
  }
  for (const char* type : {"application/grpcx", "application/grpc-web", "application/grp", ""}) {
    Received received;
    assert_false(received.take("content-type", type));
    assert_true(received.response.foreign(200));
  }
}

void begin_clears_the_state(void**) {
  Received received;
  received.take("content-type", "application/grpc");
  received.take("grpc-status", "0");
  received.take("grpc-message", "old");
  received.response.begin();
  assert_true(received.response.foreign(200));
  assert_false(received.response.has_status());
  assert_int_equal(received.response.status(200), StatusCode::Unknown);
  assert_string_equal(received.response.text(200), "not a gRPC response");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_good_response),
      cmocka_unit_test(only_the_applications_fields_are_custom_metadata),
      cmocka_unit_test(messages_are_percent_decoded),
      cmocka_unit_test(long_messages_are_truncated_and_nul_terminated),
      cmocka_unit_test(the_first_malformed_field_is_named),
      cmocka_unit_test(invalid_statuses_are_unknown),
      cmocka_unit_test(without_grpc_status_the_http_status_counts),
      cmocka_unit_test(what_is_not_grpc),
      cmocka_unit_test(content_types_of_grpc),
      cmocka_unit_test(begin_clears_the_state),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
