#include "http2/constants.h"

#include "support/cmocka_test.h"

using namespace mote::http2;

namespace {

// RFC 9113 3.4.
void the_preface_is_24_bytes(void**) {
  assert_int_equal(kPreface.size(), 24);
  assert_true(kPreface.starts_with("PRI * HTTP/2.0\r\n"));
  assert_true(kPreface.ends_with("\r\nSM\r\n\r\n"));
}

// RFC 9113 6: the numbers of all frames.
void frame_types_have_their_numbers(void**) {
  constexpr FrameType kInOrder[] = {
      FrameType::Data,        FrameType::Headers, FrameType::Priority, FrameType::RstStream,    FrameType::Settings,
      FrameType::PushPromise, FrameType::Ping,    FrameType::GoAway,   FrameType::WindowUpdate, FrameType::Continuation,
  };
  unsigned number = 0;
  for (FrameType type : kInOrder)
    assert_int_equal(static_cast<unsigned>(type), number++);
}

// RFC 9113 7: the numbers and names of all errors.
void errors_have_their_numbers_and_names(void**) {
  constexpr struct {
    ErrorCode code;
    unsigned number;
    std::string_view name;
  } kErrors[] = {
      {ErrorCode::NoError, 0x0, "NO_ERROR"},
      {ErrorCode::ProtocolError, 0x1, "PROTOCOL_ERROR"},
      {ErrorCode::InternalError, 0x2, "INTERNAL_ERROR"},
      {ErrorCode::FlowControlError, 0x3, "FLOW_CONTROL_ERROR"},
      {ErrorCode::SettingsTimeout, 0x4, "SETTINGS_TIMEOUT"},
      {ErrorCode::StreamClosed, 0x5, "STREAM_CLOSED"},
      {ErrorCode::FrameSizeError, 0x6, "FRAME_SIZE_ERROR"},
      {ErrorCode::RefusedStream, 0x7, "REFUSED_STREAM"},
      {ErrorCode::Cancel, 0x8, "CANCEL"},
      {ErrorCode::CompressionError, 0x9, "COMPRESSION_ERROR"},
      {ErrorCode::ConnectError, 0xa, "CONNECT_ERROR"},
      {ErrorCode::EnhanceYourCalm, 0xb, "ENHANCE_YOUR_CALM"},
      {ErrorCode::InadequateSecurity, 0xc, "INADEQUATE_SECURITY"},
      {ErrorCode::Http11Required, 0xd, "HTTP_1_1_REQUIRED"},
  };
  for (const auto& error : kErrors) {
    assert_int_equal(static_cast<unsigned>(error.code), error.number);
    assert_true(name(error.code) == error.name);
  }
}

// RFC 9113 7: any number may come, and is to do no harm.
void an_unknown_error_has_a_name_too(void**) {
  assert_true(name(static_cast<ErrorCode>(0xe)) == "UNKNOWN_ERROR");
  assert_true(name(static_cast<ErrorCode>(0xffffffff)) == "UNKNOWN_ERROR");
}

// RFC 9113 6.5.2.
void settings_have_their_numbers(void**) {
  assert_int_equal(SettingId::HeaderTableSize, 1);
  assert_int_equal(SettingId::EnablePush, 2);
  assert_int_equal(SettingId::MaxConcurrentStreams, 3);
  assert_int_equal(SettingId::InitialWindowSize, 4);
  assert_int_equal(SettingId::MaxFrameSize, 5);
  assert_int_equal(SettingId::MaxHeaderListSize, 6);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_preface_is_24_bytes),
      cmocka_unit_test(frame_types_have_their_numbers),
      cmocka_unit_test(errors_have_their_numbers_and_names),
      cmocka_unit_test(an_unknown_error_has_a_name_too),
      cmocka_unit_test(settings_have_their_numbers),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
