#include "engine/official/official_message.h"

#include <grpcpp/completion_queue.h>

#include <string>

#include "echo.pb.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using official::OfficialMessage;

grpc::ByteBuffer buffer_of(const std::vector<std::string>& parts) {
  std::vector<grpc::Slice> slices(parts.begin(), parts.end());
  return {slices.data(), slices.size()};
}

std::string text_of(const OfficialMessage& pieces) {
  std::string text;
  for (const mote_piece* piece = pieces.first(); piece != nullptr; piece = piece->next)
    text.append(reinterpret_cast<const char*>(piece->data), piece->size);
  return text;
}

void test_slices_are_pieces(void**) {
  const std::string large(100'000, 'x');
  const OfficialMessage pieces(buffer_of({"ab", "", "c", large}));
  assert_true(pieces.valid());
  assert_int_equal(pieces.size(), 3 + large.size());
  assert_true(text_of(pieces) == "abc" + large);
}

// The bytes are the slice's own.
void test_nothing_is_copied(void**) {
  const grpc::Slice slice(std::string(1000, 'x'));
  const OfficialMessage pieces(grpc::ByteBuffer(&slice, 1));
  assert_ptr_equal(pieces.first()->data, slice.begin());
}

void test_an_empty_message_is_one_empty_piece(void**) {
  for (const auto& parts : {std::vector<std::string>{}, std::vector<std::string>{""}}) {
    const OfficialMessage pieces(buffer_of(parts));
    assert_true(pieces.valid());
    assert_int_equal(pieces.size(), 0);
    assert_non_null(pieces.first());
    assert_int_equal(pieces.first()->size, 0);
    assert_null(pieces.first()->next);
  }
}

void test_a_missing_message_cannot_be_read(void**) {
  assert_false(OfficialMessage(grpc::ByteBuffer()).valid());
}

std::string encoded_text(const echo_EchoReply& reply) {
  grpc::ByteBuffer out;
  const codec::EncodeResult result = official::encode(nanopb::MessageDescriptor<echo_EchoReply>::fields(), &reply, out);
  assert_true(result.ok());
  assert_int_equal(result.size, out.Length());
  return text_of(OfficialMessage(out));
}

void test_a_message_is_encoded_into_one_slice(void**) {
  echo_EchoReply reply{};
  assert_string_equal(encoded_text(reply).c_str(), "");
  reply.message = codec::field_of("hello");
  assert_string_equal(encoded_text(reply).c_str(), "\x0a\x05hello");
  const std::string large(70'000, 'y');
  reply.message = codec::field_of(large);
  assert_int_equal(encoded_text(reply).size(), large.size() + 4);
}

// OfficialMessage that end before their value does.
void test_a_message_that_cannot_be_encoded_has_a_reason(void**) {
  echo_EchoReply reply{};
  reply.message.size = 5;
  grpc::ByteBuffer out;
  const codec::EncodeResult result = official::encode(nanopb::MessageDescriptor<echo_EchoReply>::fields(), &reply, out);
  assert_false(result.ok());
  assert_non_null(result.reason);
  assert_false(out.Valid());
}

}  // namespace

int main() {
  const grpc::CompletionQueue library;  // Slices are made through the library, which is there while something of it is.
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_slices_are_pieces),
      cmocka_unit_test(test_nothing_is_copied),
      cmocka_unit_test(test_an_empty_message_is_one_empty_piece),
      cmocka_unit_test(test_a_missing_message_cannot_be_read),
      cmocka_unit_test(test_a_message_is_encoded_into_one_slice),
      cmocka_unit_test(test_a_message_that_cannot_be_encoded_has_a_reason),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
