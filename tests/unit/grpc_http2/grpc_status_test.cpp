#include "grpc_http2/grpc_status.h"

#include <map>
#include <string>

#include "support/cmocka_test.h"

using namespace mote;
using namespace mote::grpc_http2;
using namespace mote::http2;

namespace {

constexpr struct {
  StatusCode code;
  unsigned number;
  std::string_view name;
} kCodes[] = {
    {StatusCode::Ok, 0, "OK"},
    {StatusCode::Cancelled, 1, "CANCELLED"},
    {StatusCode::Unknown, 2, "UNKNOWN"},
    {StatusCode::InvalidArgument, 3, "INVALID_ARGUMENT"},
    {StatusCode::DeadlineExceeded, 4, "DEADLINE_EXCEEDED"},
    {StatusCode::NotFound, 5, "NOT_FOUND"},
    {StatusCode::AlreadyExists, 6, "ALREADY_EXISTS"},
    {StatusCode::PermissionDenied, 7, "PERMISSION_DENIED"},
    {StatusCode::ResourceExhausted, 8, "RESOURCE_EXHAUSTED"},
    {StatusCode::FailedPrecondition, 9, "FAILED_PRECONDITION"},
    {StatusCode::Aborted, 10, "ABORTED"},
    {StatusCode::OutOfRange, 11, "OUT_OF_RANGE"},
    {StatusCode::Unimplemented, 12, "UNIMPLEMENTED"},
    {StatusCode::Internal, 13, "INTERNAL"},
    {StatusCode::Unavailable, 14, "UNAVAILABLE"},
    {StatusCode::DataLoss, 15, "DATA_LOSS"},
    {StatusCode::Unauthenticated, 16, "UNAUTHENTICATED"},
};

void codes_have_their_numbers_and_names(void**) {
  for (const auto& code : kCodes) {
    assert_int_equal(static_cast<unsigned>(code.code), code.number);
    assert_true(name(code.code) == code.name);
  }
  assert_true(name(static_cast<StatusCode>(17)) == "UNKNOWN");
  assert_true(name(static_cast<StatusCode>(255)) == "UNKNOWN");
}

void parses_every_code(void**) {
  for (const auto& code : kCodes)
    assert_int_equal(parse_status(std::to_string(code.number)), code.code);
}

// PROTOCOL-HTTP2.md, "Status": decimal without leading zeros.
void other_codes_are_unknown(void**) {
  for (std::string_view text :
       {"", "17", "99", "100", "00", "03", "016", "-1", "+1", " 3", "3 ", "1a", "a", "/", ":", "1:", "0x3", "OK"}) {
    assert_int_equal(parse_status(text), StatusCode::Unknown);
  }
  assert_int_equal(parse_status(std::string_view("\0", 1)), StatusCode::Unknown);
}

// http-grpc-status-mapping.md, the whole table, and everything outside it.
void maps_http_statuses(void**) {
  const std::map<std::uint16_t, StatusCode> table = {
      {400, StatusCode::Internal},      {401, StatusCode::Unauthenticated}, {403, StatusCode::PermissionDenied},
      {404, StatusCode::Unimplemented}, {429, StatusCode::Unavailable},     {431, StatusCode::Internal},
      {502, StatusCode::Unavailable},   {503, StatusCode::Unavailable},     {504, StatusCode::Unavailable},
  };
  for (std::uint16_t status = 0; status < 1000; ++status) {
    const auto line = table.find(status);
    assert_int_equal(status_of_http(status), line == table.end() ? StatusCode::Unknown : line->second);
  }
}

// PROTOCOL-HTTP2.md, "Errors". STREAM_CLOSED and HTTP_1_1_REQUIRED have no line there and are internal, and so is an
// unknown code (RFC 9113 7).
void maps_resets(void**) {
  constexpr struct {
    ErrorCode error;
    StatusCode code;
  } kResets[] = {
      {ErrorCode::NoError, StatusCode::Internal},
      {ErrorCode::ProtocolError, StatusCode::Internal},
      {ErrorCode::InternalError, StatusCode::Internal},
      {ErrorCode::FlowControlError, StatusCode::Internal},
      {ErrorCode::SettingsTimeout, StatusCode::Internal},
      {ErrorCode::StreamClosed, StatusCode::Internal},
      {ErrorCode::FrameSizeError, StatusCode::Internal},
      {ErrorCode::RefusedStream, StatusCode::Unavailable},
      {ErrorCode::Cancel, StatusCode::Cancelled},
      {ErrorCode::CompressionError, StatusCode::Internal},
      {ErrorCode::ConnectError, StatusCode::Internal},
      {ErrorCode::EnhanceYourCalm, StatusCode::ResourceExhausted},
      {ErrorCode::InadequateSecurity, StatusCode::PermissionDenied},
      {ErrorCode::Http11Required, StatusCode::Internal},
      {static_cast<ErrorCode>(0xe), StatusCode::Internal},
      {static_cast<ErrorCode>(0xffffffff), StatusCode::Internal},
  };
  for (const auto& reset : kResets)
    assert_int_equal(status_of_reset(reset.error), reset.code);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(codes_have_their_numbers_and_names),
      cmocka_unit_test(parses_every_code),
      cmocka_unit_test(other_codes_are_unknown),
      cmocka_unit_test(maps_http_statuses),
      cmocka_unit_test(maps_resets),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
