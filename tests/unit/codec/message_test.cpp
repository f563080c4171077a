#include "mote/message.h"

#include <csetjmp>
#include <cstdarg>
#include <cstdint>
#include <string>
#include <string_view>

#include "echo.pb.h"
#include "encoded.h"
#include "fields.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "lists.pb.h"
#include "pieces.h"

extern "C" {
#include <cmocka.h>
}

// The linker puts this in front of the callback that nanopb's streams need, and counts its calls.
static int callbacks = 0;
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's names
extern "C" bool __real_mote_bytes_callback(pb_istream_t* istream, pb_ostream_t* ostream, const pb_field_t* field);
extern "C" bool __wrap_mote_bytes_callback(pb_istream_t* istream, pb_ostream_t* ostream, const pb_field_t* field) {
  ++callbacks;
  return __real_mote_bytes_callback(istream, ostream, field);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace mote::codec {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kHelloRequest = "\x0a\x05hello"sv;

template <class Message>
const char* reason_for(std::string_view bytes) {
  const Pieces pieces(bytes);
  Message message{};
  return decode(pieces.list(), pieces.size(), message).reason;
}

void assert_refused(std::string_view bytes, const char* reason) {
  const char* found = reason_for<echo_EchoReply>(bytes);
  assert_non_null(found);
  assert_string_equal(found, reason);
}

void test_an_empty_message(void**) {
  echo_EchoRequest request;
  request.count = 7;
  assert_true(decode(nullptr, 0, request).ok());
  assert_int_equal(request.count, 0);
  assert_true(equal(request.message, ""));
  assert_true(encoded(request).empty());
}

void test_an_empty_field_is_left_out_and_read(void**) {
  assert_true(encoded(echo_EchoRequest{}).empty());
  const Pieces pieces("\x0a\x00\x10\x02"sv);
  echo_EchoRequest request;
  assert_true(decode(pieces.list(), pieces.size(), request).ok());
  assert_true(equal(request.message, ""));
  assert_null(request.message.pieces);  // It does not point into a message that is gone.
  assert_int_equal(request.count, 2);
}

// Into a struct that the caller describes by its fields, as C does, and that still holds the message before.
template <class Message>
Message read_over(const Message& before, std::string_view bytes) {
  const Pieces pieces(bytes);
  Message message = before;
  const pb_msgdesc_t* const fields = nanopb::MessageDescriptor<Message>::fields();
  assert_true(decode(pieces.list(), pieces.size(), fields, &message).ok());
  return message;
}

void test_an_omitted_field_has_its_default(void**) {
  const echo_EchoReply number = read_over(full_reply("stale"), "\x10\x05");
  assert_true(equal(number.message, ""));
  assert_int_equal(number.number, 5);
  assert_false(number.has_timing);
  assert_int_equal(number.timing.received_us, 0);
  // A message inside: what it leaves out is not the value of the last one.
  const echo_EchoReply timing = read_over(full_reply("stale"), "\x1a\x02\x10\x07");
  assert_true(timing.has_timing);
  assert_int_equal(timing.timing.received_us, 0);
  assert_int_equal(timing.timing.sent_us, 7);
  assert_int_equal(timing.number, 0);

  echo_EchoRequest request{};
  request.count = 3;
  request.timing = true;
  assert_false(read_over(request, "").timing);

  lists_Lists lists{};
  lists.items.count = 2;
  lists.number = 8;
  assert_int_equal(read_over(lists, "").items.count, 0);
  lists_Choice choice{};
  choice.which_choice = lists_Choice_item_tag;
  choice.choice.item.size = 9;
  assert_int_equal(read_over(choice, "").which_choice, 0);
  assert_int_equal(read_over(choice, "\x0a\x00"sv).choice.item.size, 0);
  lists_Numbers numbers{};
  numbers.few_count = 3;
  assert_int_equal(read_over(numbers, "\x10\x01").few_count, 1);
}

void test_merge_keeps_omitted_fields(void**) {
  const Pieces pieces("\x10\x05"sv);
  echo_EchoReply reply = full_reply("kept");
  const mote_bytes value{nullptr, pieces.list(), 0, 0, pieces.size()};
  assert_true(merge(value, echo_EchoReply_fields, &reply).ok());
  assert_true(equal(reply.message, "kept"));
  assert_int_equal(reply.number, 5);
}

void test_the_last_of_a_repeated_field_wins(void**) {
  const Pieces full("\x0a\x03one\x0a\x03two"sv);
  echo_EchoRequest request;
  assert_true(decode(full.list(), full.size(), request).ok());
  assert_true(equal(request.message, "two"));
  const Pieces emptied("\x0a\x03one\x0a\x00"sv);
  assert_true(decode(emptied.list(), emptied.size(), request).ok());
  assert_true(equal(request.message, ""));
}

void test_any_two_cuts_give_the_same_message(void**) {
  const std::string bytes = encoded(full_reply("d\xc3\xa9j\xc3\xa0 \xf0\x9f\x98\x80"));
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      const Pieces pieces(bytes, {first, first, second});
      echo_EchoReply reply;
      assert_true(decode(pieces.list(), pieces.size(), reply).ok());
      assert_true(equal(reply.message, "d\xc3\xa9j\xc3\xa0 \xf0\x9f\x98\x80"));
      assert_true(reply.has_timing);
      assert_true(encoded(reply) == bytes);
    }
  }
}

void test_only_the_size_given_is_read(void**) {
  const Pieces pieces(std::string(kHelloRequest) + "\x10\x05rubbish");
  echo_EchoRequest request;
  assert_true(decode(pieces.list(), kHelloRequest.size(), request).ok());
  assert_true(equal(request.message, "hello"));
  assert_int_equal(request.count, 0);
}

void test_pieces_shorter_than_the_size_are_refused(void**) {
  echo_EchoRequest request;
  for (std::size_t size = 0; size < kHelloRequest.size(); ++size) {
    const Pieces pieces(kHelloRequest.substr(0, size));
    assert_false(decode(pieces.list(), kHelloRequest.size(), request).ok());
  }
}

void test_pieces_that_end_inside_an_unknown_field(void**) {
  const Pieces pieces(
      "\x7a\x05"
      "ab"sv);
  echo_EchoRequest request;
  assert_false(decode(pieces.list(), 7, request).ok());
}

// The place of nothing may be anywhere.
void test_a_value_without_pieces(void**) {
  echo_EchoRequest request{};
  assert_true(merge({nullptr, nullptr, 0, 7, 0}, echo_EchoRequest_fields, &request).ok());
  assert_false(merge({nullptr, nullptr, 0, 7, 1}, echo_EchoRequest_fields, &request).ok());
}

void test_unknown_fields_are_skipped(void**) {
  for (const std::string_view unknown : {
           "\x78\x96\x01"sv,                          // field 15, a number
           "\x79\x01\x02\x03\x04\x05\x06\x07\x08"sv,  // eight bytes
           "\x7a\x14twenty bytes of text"sv,          // a string
           "\x7d\x01\x02\x03\x04"sv,                  // four bytes
           "\xfa\xff\xff\xff\x0f\x01x"sv,             // the highest field number
       }) {
    const std::string bytes = std::string(unknown).append(kHelloRequest).append(unknown).append("\x10\x09");
    const Pieces pieces = Pieces::of_size(bytes, 3);
    echo_EchoRequest request;
    assert_true(decode(pieces.list(), pieces.size(), request).ok());
    assert_true(equal(request.message, "hello"));
    assert_int_equal(request.count, 9);
  }
}

// As the official parsers do: such a field is not the one of that number.
void test_a_number_where_text_belongs_is_skipped(void**) {
  for (const std::string_view number :
       {"\x08\x05"sv, "\x09\x01\x02\x03\x04\x05\x06\x07\x08"sv, "\x0d\x01\x02\x03\x04"sv}) {
    const Pieces pieces(std::string(kHelloRequest).append(number).append("\x10\x09"));
    echo_EchoRequest request;
    assert_true(decode(pieces.list(), pieces.size(), request).ok());
    assert_true(equal(request.message, "hello"));
    assert_int_equal(request.count, 9);
  }
}

void test_malformed_messages_have_a_reason(void**) {
  assert_refused("\x0a"sv, "end of message");
  assert_refused("\x80"sv, "end of message");
  assert_refused("\x10"sv, "end of message");
  assert_refused("\x79\x01"sv, "end of message");
  assert_refused("\x7b"sv, "end of message");
  assert_refused("\x0a\x06hello"sv, "length beyond the end");
  assert_refused("\x0a\xff\xff\xff\xff\x0fhello"sv, "length beyond the end");
  assert_refused("\x7a\xff\xff\xff\xff\x0fhello"sv, "length beyond the end");
  assert_refused("\x1a\x03\x08\x01"sv, "length beyond the end");
  assert_refused("\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv, "varint too long");
  assert_refused("\x78\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv, "varint too long");
  assert_refused("\x90\x80\x80\x80\x80\x00\x05"sv, "varint too long");
  assert_refused("\x0a\x81\x80\x80\x80\x80\x00x"sv, "varint too long");
  assert_refused("\x00\x01"sv, "zero tag");
  assert_refused("\x02\x01x"sv, "zero tag");
  assert_refused("\x7c"sv, "end of a group that is not open");
  assert_refused("\x1a\x02\x0c\x00"sv, "end of a group that is not open");
  assert_refused("\x7b\x0c"sv, "end of another group");
  assert_refused(std::string(101, '\x7b') + std::string(101, '\x7c'), "groups nested too deep");
  assert_refused("\x7f\x01"sv, "invalid wire type");
  assert_refused("\x1a\x02\x08\x80"sv, "end of message");
  assert_refused("\x0a\x03\xed\xa0\x80"sv, "invalid utf8");
  assert_refused("\x0a\x02\xe2\x82"sv, "invalid utf8");
}

void test_every_prefix_of_a_message_is_read_or_refused(void**) {
  const std::string bytes = encoded(full_reply("hello"));
  std::size_t read = 0;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    if (reason_for<echo_EchoReply>(bytes.substr(0, size)) == nullptr) ++read;
  }
  // The empty message and the ends of its three fields.
  assert_int_equal(read, 4);
}

void test_text_cut_inside_a_character(void**) {
  const std::string_view euro = "\x0a\x03\xe2\x82\xac"sv;
  for (std::size_t cut = 0; cut <= euro.size(); ++cut) {
    const Pieces pieces(euro, {cut});
    echo_EchoRequest request;
    assert_true(decode(pieces.list(), pieces.size(), request).ok());
    const Pieces broken(std::string(euro.substr(0, 4)) + "x", {cut});
    const DecodeResult result = decode(broken.list(), broken.size(), request);
    assert_string_equal(result.reason, "invalid utf8");
  }
}

void test_bytes_fields_are_any_bytes(void**) {
  const std::string_view bytes = "\x0a\x03\xff\x00\x80"sv;
  const Pieces pieces = Pieces::of_size(bytes, 1);
  fields_Blob blob;
  assert_true(decode(pieces.list(), pieces.size(), blob).ok());
  assert_true(equal(blob.blob, "\xff\x00\x80"sv));
  assert_true(encoded(blob) == bytes);
}

template <class Message>
void assert_cannot_be_held(const Message& message) {
  const char* const reason = "not a singular string or bytes field";
  assert_string_equal(reason_for<Message>("\x0a\x01x"), reason);
  const EncodeResult result = encoded_size(message);
  assert_int_equal(result.status, EncodeStatus::BadMessage);
  assert_string_equal(result.reason, reason);
}

void test_repeated_and_oneof_fields_are_refused(void**) {
  assert_cannot_be_held(fields_Many{.texts = field_of("x")});
  fields_Choice choice{};
  choice.which_choice = fields_Choice_text_tag;
  choice.choice.text = field_of("x");
  assert_cannot_be_held(choice);
}

// A stream costs more than all the rest of a small message.
void test_texts_are_read_without_a_stream(void**) {
  const std::string bytes = encoded(full_reply("hello"));
  callbacks = 0;
  fields_Blob blob;
  assert_null(reason_for<echo_EchoReply>(bytes));
  const Pieces pieces("\x0a\x01x"sv);
  assert_true(decode(pieces.list(), pieces.size(), blob).ok());
  assert_int_equal(callbacks, 0);
}

void test_health_names(void**) {
  const Pieces pieces(
      "\x0a\x09"
      "echo.Echo"sv,
      {5});
  grpc_health_v1_HealthCheckRequest request;
  assert_true(decode(pieces.list(), pieces.size(), request).ok());
  assert_true(equal(request.service, "echo.Echo"));
  grpc_health_v1_HealthCheckResponse response{};
  response.status = grpc_health_v1_HealthCheckResponse_ServingStatus_SERVING;
  assert_true(encoded(response) == "\x08\x01"sv);
}

int run_all() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_an_empty_message),
      cmocka_unit_test(test_an_empty_field_is_left_out_and_read),
      cmocka_unit_test(test_an_omitted_field_has_its_default),
      cmocka_unit_test(test_merge_keeps_omitted_fields),
      cmocka_unit_test(test_the_last_of_a_repeated_field_wins),
      cmocka_unit_test(test_any_two_cuts_give_the_same_message),
      cmocka_unit_test(test_only_the_size_given_is_read),
      cmocka_unit_test(test_pieces_shorter_than_the_size_are_refused),
      cmocka_unit_test(test_pieces_that_end_inside_an_unknown_field),
      cmocka_unit_test(test_a_value_without_pieces),
      cmocka_unit_test(test_unknown_fields_are_skipped),
      cmocka_unit_test(test_a_number_where_text_belongs_is_skipped),
      cmocka_unit_test(test_malformed_messages_have_a_reason),
      cmocka_unit_test(test_every_prefix_of_a_message_is_read_or_refused),
      cmocka_unit_test(test_text_cut_inside_a_character),
      cmocka_unit_test(test_bytes_fields_are_any_bytes),
      cmocka_unit_test(test_repeated_and_oneof_fields_are_refused),
      cmocka_unit_test(test_texts_are_read_without_a_stream),
      cmocka_unit_test(test_health_names),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace mote::codec

int main() {
  return mote::codec::run_all();
}
