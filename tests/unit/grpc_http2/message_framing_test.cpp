#include "grpc_http2/message_framing.h"

#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/hex.h"
#include "support/seed.h"
#include "support/written.h"

using mote::test::from_hex;
using mote::test::pick;
using mote::test::written;
using namespace mote;
using namespace mote::grpc_http2;

namespace {

struct Message {
  bool compressed = false;
  std::string text;

  friend bool operator==(const Message&, const Message&) = default;
};

std::string framed(const std::vector<Message>& messages) {
  std::string stream;
  for (const Message& message : messages) {
    stream += *written([&](ByteWriter& out) {
      write_message_prefix(out, static_cast<std::uint32_t>(message.text.size()), message.compressed);
    });
    stream += message.text;
  }
  return stream;
}

// Reads as documented in the header, and stores complete messages.
class Receiver {
 public:
  void take(Bytes stretch) {
    ByteReader in(stretch);
    while (!in.empty()) {
      if (!framing_.take_prefix(in)) break;
      text_ += as_text(framing_.take_body(in));
      if (!framing_.complete()) continue;
      assert_true(framing_.flag_valid());
      assert_int_equal(framing_.length(), text_.size());
      messages_.push_back({framing_.compressed(), text_});
      text_.clear();
      framing_.next();
    }
    assert_true(in.empty());
  }

  [[nodiscard]] const std::vector<Message>& messages() const { return messages_; }
  [[nodiscard]] bool at_boundary() const { return framing_.at_boundary(); }

 private:
  MessageFraming framing_;
  std::string text_;
  std::vector<Message> messages_;
};

void the_prefix_is_a_flag_and_a_length(void**) {
  const std::vector<std::uint8_t> bytes = from_hex("01 01020304 55");
  ByteReader in(bytes);
  MessageFraming framing;
  assert_true(framing.take_prefix(in));
  assert_int_equal(in.remaining(), 1);
  assert_true(framing.compressed());
  assert_true(framing.flag_valid());
  assert_int_equal(framing.length(), 0x01020304);
  assert_int_equal(framing.left(), 0x01020304);
  assert_false(framing.complete());
}

// PROTOCOL-HTTP2.md, "Compressed-Flag": 0 or 1.
void knows_the_two_flags(void**) {
  for (unsigned flag = 0; flag < 256; ++flag) {
    const std::vector<std::uint8_t> bytes = {static_cast<std::uint8_t>(flag), 0, 0, 0, 0};
    ByteReader in(bytes);
    MessageFraming framing;
    assert_true(framing.take_prefix(in));
    assert_int_equal(framing.compressed(), flag == 1);
    assert_int_equal(framing.flag_valid(), flag == 0 || flag == 1);
  }
}

void writes_the_prefix(void**) {
  assert_true(written([](ByteWriter& out) { write_message_prefix(out, 0x01020304); }) ==
              std::string("\x00\x01\x02\x03\x04", kMessagePrefixBytes));
  assert_true(written([](ByteWriter& out) { write_message_prefix(out, 5, true); }) ==
              std::string("\x01\x00\x00\x00\x05", kMessagePrefixBytes));
  assert_false(written([](ByteWriter& out) { write_message_prefix(out, 1); }, kMessagePrefixBytes - 1).has_value());
}

void every_byte_of_a_prefix_leaves_the_boundary(void**) {
  const std::vector<std::uint8_t> bytes = from_hex("00 00000002 6869");
  ByteReader in(bytes);
  MessageFraming framing;
  assert_true(framing.at_boundary());
  for (std::size_t taken = 1; taken <= kMessagePrefixBytes; ++taken) {
    ByteReader one(in.take(1));
    assert_int_equal(framing.take_prefix(one), taken == kMessagePrefixBytes);
    assert_false(framing.at_boundary());
    assert_false(framing.complete());
  }
  assert_int_equal(framing.take_body(in).size(), 2);
  assert_true(framing.complete());
  assert_false(framing.at_boundary());
  framing.next();
  assert_true(framing.at_boundary());
  assert_false(framing.complete());
}

void a_complete_prefix_takes_no_more_bytes(void**) {
  const std::vector<std::uint8_t> bytes = from_hex("00 00000001 07 00 00000000");
  ByteReader in(bytes);
  MessageFraming framing;
  assert_true(framing.take_prefix(in));
  assert_true(framing.take_prefix(in));
  assert_int_equal(in.remaining(), 6);
  const Bytes body = framing.take_body(in);
  assert_int_equal(body.size(), 1);
  assert_int_equal(body[0], 7);
  assert_int_equal(framing.left(), 0);
  assert_int_equal(framing.length(), 1);
  assert_true(framing.take_body(in).empty());
  assert_int_equal(in.remaining(), 5);
}

void there_is_no_body_before_the_prefix(void**) {
  const std::vector<std::uint8_t> bytes = from_hex("00 000000 61");
  ByteReader in(bytes);
  MessageFraming framing;
  assert_true(framing.take_body(in).empty());
  ByteReader part(in.take(4));
  assert_false(framing.take_prefix(part));
  assert_true(framing.take_body(in).empty());
  assert_int_equal(in.remaining(), 1);
}

void a_message_of_no_bytes_is_complete_at_once(void**) {
  Receiver receiver;
  receiver.take(as_bytes(framed({{}, {}, {true, ""}})));
  assert_true((receiver.messages() == std::vector<Message>{{}, {}, {true, ""}}));
  assert_true(receiver.at_boundary());
}

void a_message_of_4_gib_is_only_counted(void**) {
  const std::vector<std::uint8_t> bytes = from_hex("00 ffffffff 0102");
  ByteReader in(bytes);
  MessageFraming framing;
  assert_true(framing.take_prefix(in));
  assert_int_equal(framing.take_body(in).size(), 2);
  assert_int_equal(framing.left(), 0xfffffffd);
  assert_int_equal(framing.length(), 0xffffffff);
}

void next_discards_the_rest_of_a_message(void**) {
  const std::vector<std::uint8_t> bytes = from_hex("01 00000009 0102 00 00000001 2a");
  ByteReader in(bytes);
  MessageFraming framing;
  ByteReader first(in.take(7));
  assert_true(framing.take_prefix(first));
  assert_int_equal(framing.take_body(first).size(), 2);
  framing.next();
  assert_true(framing.take_prefix(in));
  assert_false(framing.compressed());
  assert_int_equal(framing.length(), 1);
}

std::vector<Message> random_messages(std::mt19937& random) {
  std::vector<Message> messages(pick(random, 6));
  for (Message& message : messages) {
    message.compressed = pick(random, 1) == 1;
    message.text.resize(pick(random, pick(random, 1) == 1 ? 4 : 300));
    for (char& c : message.text)
      c = static_cast<char>(pick(random, 255));
  }
  return messages;
}

// DATA frames end anywhere: however a stream is cut, the same messages come out.
void any_split_gives_the_same_messages(void**) {
  std::mt19937 random = mote::test::seeded_random();
  for (int round = 0; round < 5000; ++round) {
    const std::vector<Message> messages = random_messages(random);
    const std::string stream = framed(messages);
    const std::size_t longest = pick(random, 1) == 1 ? 3 : 200;
    Receiver receiver;
    ByteReader in(as_bytes(stream));
    while (!in.empty())
      receiver.take(in.take(pick(random, longest)));
    assert_true(receiver.messages() == messages);
    assert_true(receiver.at_boundary());
  }
}

// A stream that ends early ends at a boundary only between two messages.
void truncation_is_detected_except_between_messages(void**) {
  const std::vector<Message> messages = {{false, "one"}, {true, ""}, {false, "three"}};
  const std::string stream = framed(messages);
  const std::vector<std::size_t> boundaries = {0, 8, 13, 23};
  assert_int_equal(stream.size(), boundaries.back());
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    Receiver receiver;
    receiver.take(as_bytes(stream).first(cut));
    bool boundary = false;
    for (std::size_t end : boundaries)
      boundary = boundary || end == cut;
    assert_int_equal(receiver.at_boundary(), boundary);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_prefix_is_a_flag_and_a_length),
      cmocka_unit_test(knows_the_two_flags),
      cmocka_unit_test(writes_the_prefix),
      cmocka_unit_test(every_byte_of_a_prefix_leaves_the_boundary),
      cmocka_unit_test(a_complete_prefix_takes_no_more_bytes),
      cmocka_unit_test(there_is_no_body_before_the_prefix),
      cmocka_unit_test(a_message_of_no_bytes_is_complete_at_once),
      cmocka_unit_test(a_message_of_4_gib_is_only_counted),
      cmocka_unit_test(next_discards_the_rest_of_a_message),
      cmocka_unit_test(any_split_gives_the_same_messages),
      cmocka_unit_test(truncation_is_detected_except_between_messages),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
