#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdarg>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "echo.pb.h"
#include "encoded.h"
#include "fields.pb.h"
#include "mote/message.h"
#include "pieces.h"

extern "C" {
#include <cmocka.h>
#include <pb_encode.h>
}

// The linker puts this in front of nanopb's function, and counts the messages that nanopb encodes.
static int by_nanopb = 0;
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's names
extern "C" bool __real_pb_encode(pb_ostream_t* stream, const pb_msgdesc_t* fields, const void* message);
extern "C" bool __wrap_pb_encode(pb_ostream_t* stream, const pb_msgdesc_t* fields, const void* message) {
  ++by_nanopb;
  return __real_pb_encode(stream, fields, message);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace mote::codec {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kHelloRequest = "\x0a\x05hello"sv;
constexpr std::string_view kHelloReply = "\x0a\x0fYou said: hello"sv;

// Keeps what it is given until `room` bytes are there.
class StringSink final : public ByteSink {
 public:
  explicit StringSink(std::size_t room) : room_(room) {}

  bool write(Bytes bytes) override {
    if (text_.size() + bytes.size() > room_) return false;
    text_.append(as_text(bytes));
    return true;
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::size_t room_;
  std::string text_;
};

void test_the_reply_of_the_article(void**) {
  const Pieces pieces(kHelloRequest);
  echo_EchoRequest request;
  assert_true(decode(pieces.list(), pieces.size(), request).ok());
  assert_true(equal(request.message, "hello"));
  assert_ptr_equal(request.message.pieces, pieces.list());
  assert_int_equal(request.message.offset, 2);

  echo_EchoReply reply{};
  reply.message = request.message;
  reply.message.head = as_bytes("You said: ").data();
  reply.message.head_size = 10;
  assert_true(encoded(reply) == kHelloReply);
}

void test_a_megabyte_in_blocks(void**) {
  const std::string text(std::size_t{1} << 20, 'm');
  const std::string bytes = encoded(full_reply(text));
  const Pieces pieces = Pieces::of_size(bytes, 4096);
  echo_EchoReply reply;
  assert_true(decode(pieces.list(), pieces.size(), reply).ok());
  assert_true(equal(reply.message, text));
  StringSink sink(bytes.size());
  const EncodeResult result = encode_to(sink, reply);
  assert_true(result.ok());
  assert_int_equal(result.size, bytes.size());
  assert_true(sink.text() == bytes);
}

void test_a_target_that_is_too_small(void**) {
  const Pieces pieces = Pieces::of_size("hello, gateway", 4);
  echo_EchoReply reply = full_reply("You said: ");
  reply.message.pieces = pieces.list();
  reply.message.size = pieces.size();
  const std::string bytes = encoded(reply);
  for (std::size_t room = 0; room < bytes.size(); ++room) {
    // A block of its own, so that AddressSanitizer sees an overrun.
    const auto buffer = std::make_unique<std::uint8_t[]>(room);
    const EncodeResult into_buffer = encode_to(MutableBytes(buffer.get(), room), reply);
    StringSink sink(room);
    for (const EncodeResult& result : {into_buffer, encode_to(sink, reply)}) {
      assert_int_equal(result.status, EncodeStatus::NoRoom);
      assert_int_equal(result.size, 0);
      assert_string_equal(result.reason, "does not fit");
    }
    assert_true(bytes.starts_with(sink.text()));
  }
}

void test_bytes_after_the_message_are_not_touched(void**) {
  std::array<std::uint8_t, 64> buffer{};
  buffer.fill(0x55);
  const EncodeResult result = encode_to(buffer, full_reply("hello"));
  assert_true(result.ok());
  for (std::size_t i = result.size; i < buffer.size(); ++i)
    assert_int_equal(buffer[i], 0x55);
}

// Into a buffer that just holds it or has room for more, a message is encoded as into a sink. `nanopb`: how many messages
// nanopb's slower encoder makes of it.
template <class Message>
void assert_encoded(const Message& message, std::string_view bytes, int nanopb = 0) {
  StringSink sink(1 << 20U);
  assert_true(encode_to(sink, message).ok());
  assert_true(sink.text() == bytes);
  for (const std::size_t more : {0U, 1U, 40U, 1000U}) {
    by_nanopb = 0;
    std::string buffer(bytes.size() + more, '\x55');
    const EncodeResult result =
        encode_to(MutableBytes(reinterpret_cast<std::uint8_t*>(buffer.data()), buffer.size()), message);
    assert_true(result.ok());
    assert_true(buffer == std::string(bytes) + std::string(more, '\x55'));
    assert_int_equal(result.size, bytes.size());
    assert_int_equal(by_nanopb, nanopb);
  }
}

void test_fields_without_a_value_are_omitted(void**) {
  echo_EchoReply reply{};
  assert_encoded(reply, "");
  reply.number = 1;
  assert_encoded(reply, "\x10\x01"sv);
  reply.number = 128;
  assert_encoded(reply, "\x10\x80\x01"sv);
  reply.has_timing = true;
  assert_encoded(reply, "\x10\x80\x01\x1a\x00"sv);
  reply.timing.sent_us = 127;
  assert_encoded(reply, "\x10\x80\x01\x1a\x02\x10\x7f"sv);
  reply.message = field_of("x");
  assert_encoded(reply, "\x0a\x01x\x10\x80\x01\x1a\x02\x10\x7f"sv);
}

void test_numbers_of_every_size(void**) {
  fields_Numbers small{};
  assert_encoded(small, "");
  small.signed_byte = 5;
  small.signed_short = 300;
  small.plain_byte = 255;
  small.plain_short = 65'535;
  small.zigzag = -128;
  assert_encoded(small, "\x08\x05\x10\xac\x02\x18\xff\x01\x20\xff\xff\x03\x28\xff\x01"sv);
  small = {};
  small.fixed = 0x01020304;
  small.real = -2;
  small.flag = true;
  assert_encoded(small, "\x35\x04\x03\x02\x01\x39\0\0\0\0\0\0\0\xc0\x40\x01"sv);
  small = {};
  small.signed_byte = -1;
  small.signed_short = -2;
  assert_encoded(small,
                 "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                 "\x10\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv);
}

void test_a_number_behind_a_pointer(void**) {
  std::uint32_t number = 5;
  fields_Pointing pointing{};
  assert_encoded(pointing, "", 1);
  pointing.number = &number;
  assert_encoded(pointing, "\x08\x05"sv, 1);
}

void test_a_text_in_the_struct(void**) {
  fields_Sealed sealed{};
  sealed.seal = field_of("end");
  std::strcpy(sealed.code, "abc");
  assert_encoded(sealed,
                 "\x0a\x03"
                 "end"
                 "\x12\x03"
                 "abc",
                 1);
}

// The length of a message is known behind it: what takes more than a byte moves the message.
void test_the_length_of_a_message_inside(void**) {
  const auto length = [](std::size_t size) {
    std::string bytes;
    for (; size > 0x7f; size >>= 7U)
      bytes += static_cast<char>(size | 0x80U);
    return bytes + static_cast<char>(size);
  };
  for (const std::size_t size : {0U, 1U, 124U, 125U, 126U, 127U, 128U, 16'378U, 16'379U, 16'380U, 16'381U, 100'000U}) {
    std::string text;
    while (text.size() < size)
      text += static_cast<char>('a' + text.size() % 23);
    fields_Envelope envelope{};
    envelope.has_note = true;
    envelope.note.text = field_of(text);
    envelope.number = 7;
    envelope.seal = field_of("end");
    const std::string note = size == 0 ? "" : "\x0a" + length(size) + text;
    const std::string bytes = "\x0a" + length(note.size()) + note + "\x10\x07\x1a\x03" + "end";
    assert_encoded(envelope, bytes);
    for (std::size_t room = bytes.size() - std::min<std::size_t>(bytes.size(), 20); room < bytes.size(); ++room) {
      const auto buffer = std::make_unique<std::uint8_t[]>(room);
      assert_int_equal(encode_to(MutableBytes(buffer.get(), room), envelope).status, EncodeStatus::NoRoom);
    }
    // Behind the message, there is no room even for its length.
    envelope.number = 0;
    envelope.seal = {};
    const std::string alone = "\x0a" + length(note.size()) + note;
    assert_encoded(envelope, alone);
    for (std::size_t room = alone.size() - std::min<std::size_t>(alone.size(), 5); room < alone.size(); ++room) {
      const auto buffer = std::make_unique<std::uint8_t[]>(room);
      assert_int_equal(encode_to(MutableBytes(buffer.get(), room), envelope).status, EncodeStatus::NoRoom);
    }
  }
}

void test_a_field_whose_pieces_end_early(void**) {
  const Pieces pieces("hello");
  echo_EchoReply reply{};
  reply.message.pieces = pieces.list();
  reply.message.size = 6;
  std::array<std::uint8_t, 64> buffer{};
  const EncodeResult result = encode_to(buffer, reply);
  assert_int_equal(result.status, EncodeStatus::BadMessage);
  assert_int_equal(result.size, 0);
  assert_string_equal(result.reason, "message shorter than its size");
  const EncodeResult exact = encode_to(MutableBytes(buffer).first(8), reply);
  assert_int_equal(exact.status, EncodeStatus::BadMessage);
  // Its size is known without them.
  assert_int_equal(encoded_size(reply).size, 8);
}

// A text alone is larger than the buffer: it is not copied in part, and its message is only measured.
void test_a_text_that_is_larger_than_the_buffer(void**) {
  std::array<std::uint8_t, 8> buffer{};
  by_nanopb = 0;
  assert_int_equal(encode_to(buffer, full_reply("much too long")).status, EncodeStatus::NoRoom);
  assert_int_equal(by_nanopb, 1);
  assert_int_equal(buffer[2], 0);
  // An error behind it is found nevertheless.
  fields_SealedMany many{};
  many.seal = field_of("much too long");
  many.texts = field_of("x");
  const EncodeResult result = encode_to(buffer, many);
  assert_int_equal(result.status, EncodeStatus::BadMessage);
  assert_string_equal(result.reason, "not a singular string or bytes field");
}

int run_all() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_reply_of_the_article),
      cmocka_unit_test(test_a_megabyte_in_blocks),
      cmocka_unit_test(test_a_target_that_is_too_small),
      cmocka_unit_test(test_bytes_after_the_message_are_not_touched),
      cmocka_unit_test(test_fields_without_a_value_are_omitted),
      cmocka_unit_test(test_numbers_of_every_size),
      cmocka_unit_test(test_a_number_behind_a_pointer),
      cmocka_unit_test(test_a_text_in_the_struct),
      cmocka_unit_test(test_the_length_of_a_message_inside),
      cmocka_unit_test(test_a_field_whose_pieces_end_early),
      cmocka_unit_test(test_a_text_that_is_larger_than_the_buffer),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace mote::codec

int main() {
  return mote::codec::run_all();
}
