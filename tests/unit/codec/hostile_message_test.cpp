// Messages that a hostile peer makes up: for a oneof that mixes a callback with a number (nanopb's advisory
// GHSA-p24j-vqcp-x988), and nested without an end (GHSA-9w99-4pfq-6396). The build refuses such a oneof
// (cmake/nanopb_oneofs.py), so its description is written here by hand.
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "kinds.pb.h"
#include "mote/list.h"
#include "mote/message.h"
#include "pieces.h"
#include "support/cmocka_test.h"

namespace {

struct Mixed {
  pb_size_t which_value;
  union {
    pb_callback_t callback;
    std::uint64_t number;
  } value;
};

// A message that contains itself, at the same address: as deep as the peer wants it.
struct Endless {
  bool has_self;
};

unsigned calls;

bool count_call(pb_istream_t* stream, const pb_field_t* /*field*/, void** /*argument*/) {
  ++calls;
  stream->bytes_left = 0;
  return true;
}

}  // namespace

// NOLINTBEGIN: as nanopb's generator writes it
#define Mixed_FIELDLIST(X, a)                                        \
  X(a, CALLBACK, ONEOF, BYTES, (value, callback, value.callback), 1) \
  X(a, STATIC, ONEOF, FIXED64, (value, number, value.number), 2)
#define Mixed_CALLBACK pb_default_field_callback
#define Mixed_DEFAULT NULL
PB_BIND(Mixed, Mixed, 2)

extern const pb_msgdesc_t Endless_msg;
const uint32_t Endless_info[] = {
    PB_FIELDINFO_2(1, PB_ATYPE_STATIC | PB_HTYPE_OPTIONAL | PB_LTYPE_SUBMESSAGE, 0, 1, 0, 1) 0};
const pb_msgdesc_t* const Endless_submessages[] = {&Endless_msg, nullptr};
const pb_msgdesc_t Endless_msg = {Endless_info, Endless_submessages, nullptr, pb_default_field_callback, 1, 0, 1};
// NOLINTEND

namespace mote::codec {
namespace {

using namespace std::string_view_literals;

DecodeResult merge_into(Mixed& message, const std::string& bytes) {
  const Pieces pieces = Pieces::of_size(bytes, 3);
  return merge({nullptr, pieces.list(), 0, 0, pieces.size()}, &Mixed_msg, &message);
}

// The number of the union, field 2, with the address of count_call() as its value.
std::string number_with_an_address() {
  const auto address = std::bit_cast<std::uintptr_t>(&count_call);
  std::uint64_t number = address;
  std::string bytes = "\x11";
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  return bytes;
}

void test_a_number_does_not_become_a_callback(void**) {
  calls = 0;
  for (const std::string_view callback : {"\x0a\x00"sv, "\x0a\x02xy"sv}) {
    Mixed message{};
    assert_true(merge_into(message, number_with_an_address() + std::string(callback)).ok());
    assert_int_equal(message.which_value, 1);
    assert_null(message.value.callback.funcs.decode);
  }
  assert_int_equal(calls, 0);
}

// The struct of an earlier message is used again.
void test_a_number_of_an_earlier_message_does_not_become_a_callback(void**) {
  calls = 0;
  Mixed message{};
  assert_true(merge_into(message, number_with_an_address()).ok());
  assert_int_equal(message.which_value, 2);
  clear(&Mixed_msg, &message);
  assert_int_equal(message.which_value, 0);
  assert_true(merge_into(message, "\x0a\x01x").ok());
  assert_int_equal(calls, 0);
}

void test_a_callback_that_the_caller_chose_is_called(void**) {
  calls = 0;
  Mixed message{};
  message.which_value = 1;
  message.value.callback.funcs.decode = count_call;
  assert_true(merge_into(message, "\x0a\x01x").ok());
  assert_int_equal(calls, 1);
  // A number in between takes the union away from it.
  assert_true(merge_into(message, number_with_an_address() + "\x0a\x01x").ok());
  assert_int_equal(calls, 1);
}

// A struct that is used again: what the last message left in it is gone, whatever kind of field it is.
void test_nothing_of_an_earlier_message_is_left(void**) {
  kinds_Sized sized;
  std::memset(&sized, 0xff, sizeof sized);
  const Pieces none("");
  assert_true(decode(none.list(), 0, kinds_Sized_fields, &sized).ok());
  const kinds_Sized zeros{};
  assert_string_equal(sized.name, "");
  assert_int_equal(sized.key.size, 0);
  assert_memory_equal(sized.fixed_key, zeros.fixed_key, sizeof zeros.fixed_key);
  assert_memory_equal(sized.three, zeros.three, sizeof zeros.three);
  assert_int_equal(sized.small, 0);
  assert_int_equal(sized.small_signed, 0);
  assert_int_equal(sized.small_zigzag, 0);
  assert_int_equal(sized.names_count, 0);
  kinds_Everything everything;
  std::memset(&everything, 0xff, sizeof everything);
  assert_true(decode(none.list(), 0, kinds_Everything_fields, &everything).ok());
  assert_false(everything.has_numbers || everything.has_arrays || everything.has_texts || everything.has_choice);
  assert_int_equal(everything.numbers.i64, 0);
  assert_int_equal(everything.arrays.i32_count, 0);
  assert_int_equal(everything.choice.which_choice, 0);
  assert_int_equal(mote_bytes_size(&everything.texts.text), 0);
  assert_int_equal(everything.texts.texts.count, 0);
}

// `depth` messages of field 1 inside each other. A length is written in three bytes.
std::string nested(std::size_t depth) {
  std::string bytes;
  for (std::size_t left = depth; left > 0; --left) {
    const std::size_t inside = 4 * (left - 1);
    bytes += '\x0a';
    bytes += static_cast<char>(0x80 | (inside & 0x7f));
    bytes += static_cast<char>(0x80 | (inside >> 7 & 0x7f));
    bytes += static_cast<char>(inside >> 14 & 0x7f);
  }
  return bytes;
}

void test_messages_are_nested_100_deep_at_most(void**) {
  struct Case {
    std::size_t depth;
    const char* reason;
  };
  for (const Case& c :
       {Case{100, nullptr}, Case{101, "messages nested too deep"}, Case{10'000, "messages nested too deep"}}) {
    const std::string bytes = nested(c.depth);
    const Pieces pieces(bytes);
    Endless message{};
    const DecodeResult result = merge({nullptr, pieces.list(), 0, 0, pieces.size()}, &Endless_msg, &message);
    assert_int_equal(result.ok(), c.reason == nullptr);
    if (c.reason != nullptr) assert_string_equal(result.reason, c.reason);
  }
}

// `depth` trees in lists inside each other.
std::string nested_lists(std::size_t depth) {
  std::string bytes = nested(depth);
  for (std::size_t at = 0; at < bytes.size(); at += 4)
    bytes[at] = '\x1a';
  return bytes;
}

// A tree in a tree is a list element, which only the service decodes: one level each time.
void test_a_message_that_contains_itself_in_a_list(void**) {
  const std::string bytes = nested_lists(100);
  const Pieces pieces(bytes);
  kinds_Tree tree;
  assert_true(decode(pieces.list(), pieces.size(), tree).ok());
  std::size_t depth = 0;
  mote_bytes element{};
  while (tree.twigs.count > 0) {
    assert_int_equal(tree.twigs.count, 1);
    assert_true(mote_list_take(&tree.twigs, &element));
    assert_true(decode(element, tree).ok());
    ++depth;
  }
  assert_int_equal(depth, 100);
}

// The stack that a peer can make the decoder use has a bound.
void test_lists_nested_without_an_end(void**) {
  for (const std::size_t depth : {101U, 10'000U}) {
    const std::string bytes = nested_lists(depth);
    const Pieces pieces(bytes);
    kinds_Tree tree;
    const DecodeResult decoded = decode(pieces.list(), pieces.size(), tree);
    assert_false(decoded.ok());
    assert_string_equal(decoded.reason, "messages nested too deep");
  }
}

}  // namespace
}  // namespace mote::codec

int main() {
  using namespace mote::codec;
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_a_number_does_not_become_a_callback),
      cmocka_unit_test(test_a_number_of_an_earlier_message_does_not_become_a_callback),
      cmocka_unit_test(test_a_callback_that_the_caller_chose_is_called),
      cmocka_unit_test(test_nothing_of_an_earlier_message_is_left),
      cmocka_unit_test(test_messages_are_nested_100_deep_at_most),
      cmocka_unit_test(test_a_message_that_contains_itself_in_a_list),
      cmocka_unit_test(test_lists_nested_without_an_end),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
