#include "mote/list.h"

#include <pb_decode.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "encoded.h"
#include "kinds.pb.h"
#include "lists.pb.h"
#include "mote/message.h"
#include "pieces.h"
#include "support/cmocka_test.h"
#include "support/lines.h"

namespace mote::codec {
namespace {

using test::expect;
using test::Lines;
using namespace std::string_view_literals;

std::string text_of(const mote_bytes& value) {
  std::string text(mote_bytes_size(&value), '\0');
  mote_bytes_copy(&value, text.data(), text.size());
  return text;
}

Lines elements(mote_list rest) {
  Lines lines;
  for (mote_bytes element{}; mote_list_take(&rest, &element);)
    lines.push_back(text_of(element));
  assert_int_equal(rest.count, 0);
  return lines;
}

// The same out of a sound message, by hand: the length-delimited fields of that number.
Lines fields_of(std::string_view message, std::uint64_t number) {
  const auto varint = [&message] {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(message.front());
      message.remove_prefix(1);
      if (shift < 64) value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
  };
  Lines lines;
  while (!message.empty()) {
    const std::uint64_t tag = varint();
    std::size_t size = 0;
    if (tag % 8 == 0) varint();
    if (tag % 8 == 1) size = 8;
    if (tag % 8 == 2) size = static_cast<std::size_t>(varint());
    if (tag % 8 == 5) size = 4;
    if (tag == number * 8 + 2) lines.emplace_back(message.substr(0, size));
    message.remove_prefix(size);
  }
  return lines;
}

// "name size" of each.
Lines items(mote_list rest) {
  Lines lines;
  for (mote_bytes element{}; mote_list_take(&rest, &element);) {
    lists_Item item;
    const DecodeResult decoded = decode(element, item);
    lines.push_back(decoded.ok() ? text_of(item.name) + " " + std::to_string(item.size) : decoded.reason);
  }
  return lines;
}

// Two items, of which the second is empty, with other fields before, between and behind them; three texts, one of them
// empty; a blob that is no UTF-8.
constexpr std::string_view kAll =
    "\x1a\x01"
    "a"
    "\x0a\x05\x08\x07\x12\x01x"
    "\x12\x02 !"
    "\x1a\x00"
    "\x78\x05"
    "\x22\x02\xff\x00"
    "\x0a\x00"
    "\x1a\x03"
    "bcd"
    "\xfa\x01\x01u"sv;

void expect_all(const lists_Lists& lists) {
  expect(items(lists.items), {"x 7", " 0"});
  expect(elements(lists.texts), {"a", "", "bcd"});
  expect(elements(lists.blobs), {std::string("\xff\x00", 2)});
  assert_true(equal(lists.between, " !"));
  assert_int_equal(lists.number, 5);
}

template <class Message = lists_Lists>
const char* reason_for(std::string_view bytes, std::size_t piece_bytes = 3) {
  const Pieces pieces = Pieces::of_size(bytes, piece_bytes);
  Message message;
  return decode(pieces.list(), pieces.size(), message).reason;
}

void test_any_two_cuts_give_the_same_lists(void**) {
  for (std::size_t first = 0; first <= kAll.size(); ++first) {
    for (std::size_t second = first; second <= kAll.size(); ++second) {
      const Pieces pieces(kAll, {first, second, second});
      lists_Lists lists;
      assert_null(decode(pieces.list(), pieces.size(), lists).reason);
      expect_all(lists);
    }
  }
}

void test_an_empty_list(void**) {
  expect(elements(mote_list{}), {});
  lists_Lists lists;
  assert_true(decode(mote_bytes{}, lists).ok());
  expect(elements(lists.items), {});
  assert_true(encoded(lists).empty());
}

// What is behind the message in the same pieces is not of the list.
void test_a_list_ends_with_its_message(void**) {
  const std::string_view bytes = "\x1a\x01x\x1a\x01y"sv;
  const Pieces pieces(bytes);
  lists_Lists lists;
  assert_true(decode(pieces.list(), 3, lists).ok());
  expect(elements(lists.texts), {"x"});
}

void test_many_elements(void**) {
  std::string bytes;
  Lines expected;
  for (std::size_t i = 0; i < 1000; ++i) {
    expected.emplace_back(i % 200, 'e');
    bytes += "\x1a";
    if (i % 200 < 128) bytes += static_cast<char>(i % 200);
    if (i % 200 >= 128) bytes += std::string{static_cast<char>(i % 200), '\x01'};
    bytes += expected.back();
  }
  const Pieces pieces = Pieces::of_size(bytes, 1024);
  lists_Lists lists;
  assert_true(decode(pieces.list(), pieces.size(), lists).ok());
  assert_int_equal(lists.texts.count, 1000);
  expect(elements(lists.texts), expected);
}

void test_lists_are_encoded_again(void**) {
  const Pieces pieces = Pieces::of_size(kAll, 2);
  lists_Lists lists;
  assert_true(decode(pieces.list(), pieces.size(), lists).ok());
  const std::string again = encoded(lists);
  assert_int_equal(again.size(), encoded_size(lists).size);
  // In the order of the fields' numbers, and without the unknown one.
  assert_true(again ==
              "\x0a\x05\x08\x07\x12\x01x\x0a\x00\x12\x02 !\x1a\x01"
              "a\x1a\x00\x1a\x03"
              "bcd\x22\x02\xff\x00\x78\x05"sv);
  const Pieces second(again);
  assert_true(decode(second.list(), second.size(), lists).ok());
  expect_all(lists);
}

void test_malformed_lists_say_why(void**) {
  assert_string_equal(reason_for("\x1a\x01x\x1a\x02\xc3("sv), "invalid utf8");
  assert_string_equal(reason_for("\x1a\x01\xc3"sv), "invalid utf8");
  assert_string_equal(reason_for("\x1a\x01x\x1a\x01\xc3"sv), "invalid utf8");
  assert_null(reason_for("\x22\x02\xc3("sv));
  assert_string_equal(reason_for("\x1a\x01x\x1a\x05y"sv), "length beyond the end");
  assert_string_equal(reason_for("\x0a\x01x\x0a"sv), "end of message");
}

// Elements are checked with the message that contains them, as the official parsers do.
void test_a_malformed_element_is_refused(void**) {
  assert_string_equal(reason_for("\x0a\x02\x08\x01\x0a\x01\x08\x0a\x02\x08\x02"sv), "end of message");
  assert_string_equal(reason_for("\x0a\x03\x12\x01\xff"sv), "invalid utf8");
  assert_string_equal(reason_for("\x0a\x04\x12\x02\xc3("sv), "invalid utf8");
  assert_string_equal(reason_for("\x0a\x03\x12\x01\xc3"sv), "invalid utf8");
  assert_string_equal(reason_for("\x0a\x03\x12\x05x"sv), "length beyond the end");
  assert_null(reason_for("\x0a\x07\x0a\x01\xff\x18\x80\x80\x00"sv));  // A field of another wire type, an unknown one.
}

// The bytes of an element are of any kind, its packed numbers are not.
void test_bytes_and_numbers_of_elements(void**) {
  const auto reason = [](std::string_view bytes) { return reason_for<lists_Packets>(bytes, 1); };
  assert_null(reason("\x0a\x03\x0a\x01\x80\x0a\x05\x12\x03\x05\xac\x02"sv));
  assert_string_equal(reason("\x0a\x03\x12\x01\x80"sv), "end of message");
  // What follows them is checked too.
  assert_string_equal(reason("\x0a\x05\x12\x01\x05\x12\x05"sv), "length beyond the end");
  assert_string_equal(reason("\x0a\x05\x0a\x01\x80\x12\x05"sv), "length beyond the end");
}

// What follows a message in an element is checked too, and an unknown field may be of any kind.
void test_messages_in_elements(void**) {
  const auto reason = [](std::string_view bytes) { return reason_for<kinds_Tree>(bytes, 2); };
  assert_null(reason("\x1a\x05\x12\x00\x7a\x01\xff"sv));
  assert_string_equal(reason("\x1a\x04\x12\x00\x0a\x05"sv), "length beyond the end");
  assert_string_equal(reason("\x1a\x03\x12\x01\x80"sv), "end of message");
  assert_string_equal(reason("\x1a\x01\x80"sv), "end of message");
  assert_string_equal(reason("\x1a\x02\x00\x80"sv), "zero tag");
}

// As protobuf does with a field of another wire type.
void test_numbers_where_elements_belong_are_skipped(void**) {
  const std::string_view bytes = "\x18\x07\x1a\x01x\x18\x07\x1d\x01\x02\x03\x04\x1a\x01y\x18\x07"sv;
  const Pieces pieces = Pieces::of_size(bytes, 1);
  lists_Lists lists;
  assert_true(decode(pieces.list(), pieces.size(), lists).ok());
  expect(elements(lists.texts), {"x", "y"});
}

void test_lists_in_a_message_in_a_message(void**) {
  const std::string bytes = "\x0a\x06\x1a\x01x\x1a\x01y\x1a\x01z";
  const Pieces pieces = Pieces::of_size(bytes, 1);
  lists_Outer outer;
  assert_true(decode(pieces.list(), pieces.size(), outer).ok());
  assert_true(outer.has_inner);
  expect(elements(outer.inner.texts), {"x", "y"});
  assert_true(equal(outer.text, "z"));
}

// Between the parts lie fields of the outer message, one of them with the list's own number.
void test_lists_in_a_message_that_comes_in_parts(void**) {
  for (const std::string_view bytes : {"\x0a\x03\x1a\x01x\x1a\x01z\x0a\x03\x1a\x01y"sv,
                                       "\x0a\x03\x1a\x01x\x0a\x03\x1a\x01y"sv, "\x0a\x03\x1a\x01x\x0a\x02\x1a\x00"sv}) {
    const Pieces pieces = Pieces::of_size(bytes, 4);
    lists_Outer outer;
    const DecodeResult decoded = decode(pieces.list(), pieces.size(), outer);
    assert_false(decoded.ok());
    assert_string_equal(decoded.reason, "a list in a message that is split into parts");
  }
}

void test_text_and_lists_in_messages_of_a_oneof(void**) {
  // Item "x", then lists, then item "y": the last one counts.
  const std::string_view bytes = "\x0a\x03\x12\x01x\x12\x03\x1a\x01l\x0a\x03\x12\x01y"sv;
  const Pieces pieces = Pieces::of_size(bytes, 2);
  lists_Choice choice;
  assert_true(decode(pieces.list(), 10, choice).ok());
  assert_int_equal(choice.which_choice, lists_Choice_lists_tag);
  expect(elements(choice.choice.lists.texts), {"l"});
  assert_true(decode(pieces.list(), pieces.size(), choice).ok());
  assert_int_equal(choice.which_choice, lists_Choice_item_tag);
  assert_true(equal(choice.choice.item.name, "y"));
  assert_true(encoded(choice) == "\x0a\x03\x12\x01y"sv);
}

// Every byte of the message made every other byte: where it can be read, each list has what lies under its number.
void test_lists_of_messages_that_went_wrong(void**) {
  std::size_t read = 0;
  for (std::size_t at = 0; at < kAll.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string bytes(kAll);
      bytes[at] = static_cast<char>(value);
      const Pieces pieces = Pieces::of_size(bytes, 3);
      lists_Lists lists;
      if (!decode(pieces.list(), pieces.size(), lists).ok()) continue;
      ++read;
      expect(elements(lists.items), fields_of(bytes, 1));
      expect(elements(lists.texts), fields_of(bytes, 3));
      expect(elements(lists.blobs), fields_of(bytes, 4));
    }
  }
  assert_true(read > 1000);
}

void test_a_repeated_field_without_its_line_is_refused(void**) {
  const char* const reason = "a repeated field needs callback_datatype:\"mote_list\"";
  const Pieces pieces("\x0a\x02\x08\x01"sv);
  lists_Unlisted unlisted;
  assert_string_equal(decode(pieces.list(), pieces.size(), unlisted).reason, reason);
  unlisted = {};
  const EncodeResult result = encoded_size(unlisted);
  assert_int_equal(result.status, EncodeStatus::BadMessage);
  assert_string_equal(result.reason, reason);
}

// Packed or not.
void test_repeated_numbers_with_a_maximum_are_an_array(void**) {
  for (const std::string_view bytes : {"\x12\x03\x05\x06\x07"sv, "\x10\x05\x10\x06\x10\x07"sv}) {
    const Pieces pieces = Pieces::of_size(bytes, 1);
    lists_Numbers numbers;
    assert_true(decode(pieces.list(), pieces.size(), numbers).ok());
    assert_int_equal(numbers.few_count, 3);
    assert_int_equal(numbers.few[2], 7);
  }
  const Pieces four("\x12\x04\x05\x06\x07\x08"sv);
  lists_Numbers numbers;
  assert_string_equal(decode(four.list(), four.size(), numbers).reason, "array overflow");
}

std::vector<std::uint64_t> numbers_of(mote_list rest) {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t number = 0; mote_list_take_number(&rest, &number);)
    numbers.push_back(number);
  assert_int_equal(rest.count, 0);
  return numbers;
}

// Packed, not packed, both, empty parts, other fields in between.
void test_repeated_numbers_are_a_list(void**) {
  for (const std::string_view bytes : {"\x0a\x04\x05\xac\x02\x07"sv, "\x08\x05\x08\xac\x02\x08\x07"sv,
                                       "\x0a\x00\x08\x05\x0a\x00\x10\x63\x0a\x03\xac\x02\x07\x0a\x00"sv}) {
    for (const std::size_t size : {1U, 2U, 100U}) {
      const Pieces pieces = Pieces::of_size(bytes, size);
      lists_Numbers numbers;
      assert_true(decode(pieces.list(), pieces.size(), numbers).ok());
      assert_int_equal(numbers.many.count, 3);
      assert_true((numbers_of(numbers.many) == std::vector<std::uint64_t>{5, 300, 7}));
      numbers.few_count = 0;
      assert_true(encoded(numbers) == "\x0a\x04\x05\xac\x02\x07"sv);
    }
  }
}

void test_numbers_with_a_sign_are_read(void**) {
  const std::string_view bytes = "\x1a\x05\x00\x01\x02\xd7\x04\x22\x08\xff\xff\xff\xff\x01\x02\x03\x04"sv;
  const Pieces pieces = Pieces::of_size(bytes, 1);
  lists_Numbers numbers;
  assert_true(decode(pieces.list(), pieces.size(), numbers).ok());
  const auto number = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  assert_true((numbers_of(numbers.zigzag) == std::vector<std::uint64_t>{0, number(-1), 1, number(-300)}));
  assert_true((numbers_of(numbers.fixed) == std::vector<std::uint64_t>{0xffffffff, 0x04030201}));
  numbers.few_count = 0;
  assert_true(encoded(numbers) == bytes);
}

void test_numbers_of_fixed_size(void**) {
  const std::string_view bytes =
      "\x2a\x10\x01\x02\x03\x04\x05\x06\x07\x08\xff\xff\xff\xff\xff\xff\xff\xff\x32\x02\x01\x00"sv;
  const Pieces pieces = Pieces::of_size(bytes, 3);
  lists_Numbers numbers;
  assert_true(decode(pieces.list(), pieces.size(), numbers).ok());
  assert_true((numbers_of(numbers.wide) == std::vector<std::uint64_t>{0x0807060504030201, UINT64_MAX}));
  assert_true((numbers_of(numbers.flags) == std::vector<std::uint64_t>{1, 0}));
  assert_true(encoded(numbers) == bytes);
  const std::array<std::uint64_t, 2> wide = {0x0807060504030201, UINT64_MAX};
  const std::array flags = {true, false};
  numbers.wide = mote_list_of_values(wide.data(), wide.size());
  numbers.flags = mote_list_of_values(flags.data(), flags.size());
  assert_true(encoded(numbers) == bytes);
}

// Groups between elements may be nested as deep as a message allows.
void test_groups_between_elements(void**) {
  std::string bytes = "\x1a\x01x";
  for (const char type : {'\x7b', '\x7c'})
    bytes.append(100, type);
  bytes += "\x1a\x01y";
  const Pieces pieces(bytes);
  lists_Lists lists;
  assert_true(decode(pieces.list(), pieces.size(), lists).ok());
  expect(elements(lists.texts), {"x", "y"});
}

void test_an_empty_text_has_no_pieces(void**) {
  const Pieces pieces("\x12\x00"sv);
  lists_Lists lists;
  assert_true(decode(pieces.list(), pieces.size(), lists).ok());
  assert_null(lists.between.pieces);
}

// nanopb's own decoder, from a buffer, leaves out what has to stay in pieces.
void test_a_stream_that_has_no_pieces(void**) {
  constexpr std::string_view kBytes = "\x12\x02 !\x1a\x01x\x78\x05"sv;
  pb_istream_t stream = pb_istream_from_buffer(as_bytes(kBytes).data(), kBytes.size());
  lists_Lists lists{};
  assert_true(pb_decode(&stream, lists_Lists_fields, &lists));
  assert_int_equal(mote_bytes_size(&lists.between), 0);
  assert_int_equal(lists.texts.count, 0);
  assert_int_equal(lists.number, 5);
}

// An optional text is there or not, also if it is empty.
void test_optional_texts(void**) {
  const Pieces pieces = Pieces::of_size("\x0a\x02hi\x12\x00"sv, 1);
  lists_Maybe maybe;
  assert_true(decode(pieces.list(), pieces.size(), maybe).ok());
  assert_true(maybe.text.has_value && equal(maybe.text.value, "hi"));
  assert_true(maybe.blob.has_value && equal(maybe.blob.value, ""));
  assert_false(maybe.other.has_value);
  assert_true(encoded(maybe) == "\x0a\x02hi\x12\x00"sv);
  assert_true(encoded(lists_Maybe{}).empty());
  assert_string_equal(reason_for<lists_Maybe>("\x0a\x01\xff"sv), "invalid utf8");
  constexpr std::string_view kBytes = "\x0a\x02hi"sv;
  pb_istream_t stream = pb_istream_from_buffer(as_bytes(kBytes).data(), kBytes.size());
  maybe = {};
  assert_true(pb_decode(&stream, lists_Maybe_fields, &maybe));
  assert_false(maybe.text.has_value);
}

// What is behind the message in the same pieces is not of the list.
void test_numbers_end_with_their_message(void**) {
  const Pieces pieces("\x08\x05\x08\x06"sv);
  lists_Numbers numbers;
  assert_true(decode(pieces.list(), 2, numbers).ok());
  assert_true((numbers_of(numbers.many) == std::vector<std::uint64_t>{5}));
}

void test_malformed_numbers_say_why(void**) {
  for (const std::string_view bytes : {"\x0a\x01\x80"sv, "\x0a\x02\x05\xff"sv, "\x08\x80"sv}) {
    const Pieces pieces(bytes);
    lists_Numbers numbers;
    assert_string_equal(decode(pieces.list(), pieces.size(), numbers).reason, "end of message");
  }
}

// --- Lists to send ---

void test_lists_of_arrays(void**) {
  const std::array items = {lists_Item{.size = 7, .name = field_of("x")}, lists_Item{.size = 0, .name = {}}};
  const std::array texts = {field_of("a"), mote_bytes{}, field_of("bcd")};
  const std::array<mote_bytes, 1> blobs = {mote_bytes_of("\xff", 1)};
  lists_Lists lists{};
  lists.items = mote_list_of(items.data(), items.size(), lists_Item_fields);
  lists.texts = mote_list_of_values(texts.data(), texts.size());
  lists.blobs = mote_list_of_values(blobs.data(), blobs.size());
  assert_true(encoded(lists) ==
              "\x0a\x05\x08\x07\x12\x01x\x0a\x00\x1a\x01"
              "a\x1a\x00\x1a\x03"
              "bcd\x22\x01\xff"sv);
  expect(elements(lists.texts), {"a", "", "bcd"});
}

void test_empty_arrays(void**) {
  lists_Lists lists{};
  lists.items = mote_list_of_messages(nullptr, 0, sizeof(lists_Item), lists_Item_fields);
  lists.texts = mote_list_of_elements(nullptr, 0, sizeof(mote_bytes));
  assert_true(encoded(lists).empty());
}

void test_numbers_of_an_array(void**) {
  const std::array<std::uint32_t, 3> many = {5, 300, 0xffffffff};
  lists_Numbers numbers{};
  numbers.many = mote_list_of_values(many.data(), many.size());
  assert_true(encoded(numbers) == "\x0a\x08\x05\xac\x02\xff\xff\xff\xff\x0f"sv);
}

template <class Number>
std::string zigzag_of(std::array<Number, 3> array) {
  lists_Numbers numbers{};
  numbers.zigzag = mote_list_of_values(array.data(), array.size());
  return encoded(numbers);
}

template <class Number>
std::string unsigned_of(std::array<Number, 2> array) {
  lists_Numbers numbers{};
  numbers.many = mote_list_of_values(array.data(), array.size());
  return encoded(numbers);
}

void test_numbers_of_an_array_have_any_size(void**) {
  constexpr std::string_view kZigzag = "\x1a\x04\x01\xff\x01\x02"sv;
  assert_true(zigzag_of<std::int8_t>({-1, -128, 1}) == kZigzag);
  assert_true(zigzag_of<std::int16_t>({-1, -128, 1}) == kZigzag);
  assert_true(zigzag_of<std::int32_t>({-1, -128, 1}) == kZigzag);
  assert_true(zigzag_of<std::int64_t>({-1, -128, 1}) == kZigzag);
  constexpr std::string_view kUnsigned = "\x0a\x03\xff\x01\x07"sv;
  assert_true(unsigned_of<std::uint8_t>({255, 7}) == kUnsigned);
  assert_true(unsigned_of<std::uint16_t>({255, 7}) == kUnsigned);
  assert_true(unsigned_of<std::uint64_t>({255, 7}) == kUnsigned);
}

// What is taken from a list of messages to send would not be encoded.
void test_messages_to_send_are_not_taken(void**) {
  const std::array<lists_Item, 1> items = {};
  mote_list list = mote_list_of(items.data(), items.size(), lists_Item_fields);
  mote_bytes element{};
  lists_Item item{};
  std::uint64_t number = 0;
  assert_false(mote_list_take(&list, &element));
  assert_false(mote_list_take_message(&list, lists_Item_fields, &item));
  assert_false(mote_list_take_number(&list, &number));
  assert_int_equal(list.count, 1);
}

void test_elements_of_another_type_are_refused(void**) {
  constexpr const char* kReason = "a list whose elements have another type than the field";
  const std::array<std::uint16_t, 3> wrong = {};
  const std::array<lists_Item, 1> items = {};
  lists_Lists lists{};
  lists.items = mote_list_of(items.data(), items.size(), lists_Lists_fields);
  assert_string_equal(encoded_size(lists).reason, kReason);
  lists = {};
  lists.texts = mote_list_of_values(wrong.data(), wrong.size());
  assert_string_equal(encoded_size(lists).reason, kReason);
  lists_Numbers numbers{};
  numbers.many = mote_list_of(items.data(), items.size(), lists_Item_fields);
  assert_string_equal(encoded_size(numbers).reason, kReason);
  for (mote_list lists_Numbers::*field : {&lists_Numbers::wide, &lists_Numbers::flags, &lists_Numbers::fixed}) {
    numbers = {};
    numbers.*field = mote_list_of_values(wrong.data(), wrong.size());
    assert_string_equal(encoded_size(numbers).reason, kReason);
  }
}

// A message in a list, which has a list that cannot be encoded, and one behind it.
void test_an_element_that_cannot_be_encoded(void**) {
  const std::array<mote_bytes, 1> wrong = {};
  std::array<lists_Packet, 2> packets = {};
  packets[0].numbers = mote_list_of_values(wrong.data(), wrong.size());
  lists_Packets message{};
  message.packets = mote_list_of(packets.data(), packets.size(), lists_Packet_fields);
  const EncodeResult result = encoded_size(message);
  assert_int_equal(result.status, EncodeStatus::BadMessage);
  assert_string_equal(result.reason, "a list whose elements have another type than the field");
}

// Messages of the size of a mote_bytes where values belong.
void test_messages_where_values_belong(void**) {
  const std::array<mote_bytes, 1> array = {};
  lists_Lists lists{};
  lists.texts = mote_list_of_messages(array.data(), array.size(), sizeof(mote_bytes), lists_Item_fields);
  assert_int_equal(encoded_size(lists).status, EncodeStatus::BadMessage);
}

// A sink that takes some bytes. Once it has refused any, it is not asked again.
struct Sink final : ByteSink {
  explicit Sink(std::size_t most) : room(most) {}
  bool write(Bytes bytes) override {
    assert_false(refused);
    refused = bytes.size() > room;
    if (!refused) room -= bytes.size();
    return !refused;
  }
  std::size_t room;
  bool refused = false;
};

template <class Message>
void expect_no_room_but_for_all(const Message& message) {
  const std::size_t size = encoded_size(message).size;
  assert_true(size > 0);
  for (std::size_t room = 0; room < size; ++room) {
    std::vector<std::uint8_t> buffer(room);
    assert_int_equal(encode_to(buffer, message).status, EncodeStatus::NoRoom);
    Sink small(room);
    assert_int_equal(encode_to(small, message).status, EncodeStatus::NoRoom);
  }
  Sink fits(size);
  assert_true(encode_to(fits, message).ok());
}

void test_lists_that_do_not_fit(void**) {
  const std::array items = {lists_Item{.size = 7, .name = field_of("x")}, lists_Item{.size = 8, .name = field_of("y")}};
  const std::array texts = {field_of("a"), field_of("bcd")};
  lists_Lists lists{};
  lists.items = mote_list_of(items.data(), items.size(), lists_Item_fields);
  expect_no_room_but_for_all(lists);
  lists = {};
  lists.texts = mote_list_of_values(texts.data(), texts.size());
  expect_no_room_but_for_all(lists);
  const std::array<std::uint64_t, 3> many = {5, 300, 1ULL << 40U};
  const std::array<std::int64_t, 3> zigzag = {5, -300, -1};
  const std::array<std::uint32_t, 2> fixed = {1, 2};
  lists_Numbers numbers{};
  numbers.many = mote_list_of_values(many.data(), many.size());
  expect_no_room_but_for_all(numbers);
  numbers.many = {};
  numbers.zigzag = mote_list_of_values(zigzag.data(), zigzag.size());
  expect_no_room_but_for_all(numbers);
  numbers.zigzag = {};
  numbers.fixed = mote_list_of_values(fixed.data(), fixed.size());
  expect_no_room_but_for_all(numbers);
}

// The bytes of a received list were overwritten before it is sent.
void test_received_numbers_that_are_no_longer_there(void**) {
  for (const char changed : {'\x80', '\x12'}) {
    std::string bytes = "\x0a\x01\x05\x0a\x01\x06";
    const mote_piece piece{nullptr, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    lists_Numbers numbers;
    assert_true(decode(&piece, bytes.size(), numbers).ok());
    assert_int_equal(numbers.many.count, 2);
    bytes[changed == '\x80' ? 5 : 3] = changed;
    assert_int_equal(encoded_size(numbers).status, EncodeStatus::BadMessage);
  }
}

void test_messages_are_taken(void**) {
  const Pieces pieces = Pieces::of_size(kAll, 3);
  lists_Lists lists;
  assert_true(decode(pieces.list(), pieces.size(), lists).ok());
  lists_Item item{};
  assert_true(mote_list_take_message(&lists.items, lists_Item_fields, &item));
  assert_int_equal(item.size, 7);
  assert_true(equal(item.name, "x"));
  assert_true(mote_list_take_message(&lists.items, lists_Item_fields, &item));
  assert_int_equal(item.size, 0);
  assert_false(mote_list_take_message(&lists.items, lists_Item_fields, &item));
}

void test_what_is_no_message_stays_in_the_list(void**) {
  const Pieces pieces("\x1a\x03\x12\x05x"sv);
  lists_Lists lists;
  assert_true(decode(pieces.list(), pieces.size(), lists).ok());
  lists_Item item{};
  assert_false(mote_list_take_message(&lists.texts, lists_Item_fields, &item));
  expect(elements(lists.texts), {"\x12\x05x"});
}

}  // namespace
}  // namespace mote::codec

int main() {
  using namespace mote::codec;
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_any_two_cuts_give_the_same_lists),
      cmocka_unit_test(test_an_empty_list),
      cmocka_unit_test(test_a_list_ends_with_its_message),
      cmocka_unit_test(test_many_elements),
      cmocka_unit_test(test_lists_are_encoded_again),
      cmocka_unit_test(test_malformed_lists_say_why),
      cmocka_unit_test(test_a_malformed_element_is_refused),
      cmocka_unit_test(test_bytes_and_numbers_of_elements),
      cmocka_unit_test(test_messages_in_elements),
      cmocka_unit_test(test_numbers_where_elements_belong_are_skipped),
      cmocka_unit_test(test_lists_in_a_message_in_a_message),
      cmocka_unit_test(test_lists_in_a_message_that_comes_in_parts),
      cmocka_unit_test(test_text_and_lists_in_messages_of_a_oneof),
      cmocka_unit_test(test_lists_of_messages_that_went_wrong),
      cmocka_unit_test(test_a_repeated_field_without_its_line_is_refused),
      cmocka_unit_test(test_repeated_numbers_with_a_maximum_are_an_array),
      cmocka_unit_test(test_repeated_numbers_are_a_list),
      cmocka_unit_test(test_numbers_with_a_sign_are_read),
      cmocka_unit_test(test_numbers_of_fixed_size),
      cmocka_unit_test(test_groups_between_elements),
      cmocka_unit_test(test_an_empty_text_has_no_pieces),
      cmocka_unit_test(test_a_stream_that_has_no_pieces),
      cmocka_unit_test(test_optional_texts),
      cmocka_unit_test(test_numbers_end_with_their_message),
      cmocka_unit_test(test_malformed_numbers_say_why),
      cmocka_unit_test(test_lists_of_arrays),
      cmocka_unit_test(test_empty_arrays),
      cmocka_unit_test(test_numbers_of_an_array),
      cmocka_unit_test(test_numbers_of_an_array_have_any_size),
      cmocka_unit_test(test_messages_to_send_are_not_taken),
      cmocka_unit_test(test_elements_of_another_type_are_refused),
      cmocka_unit_test(test_an_element_that_cannot_be_encoded),
      cmocka_unit_test(test_messages_where_values_belong),
      cmocka_unit_test(test_lists_that_do_not_fit),
      cmocka_unit_test(test_received_numbers_that_are_no_longer_there),
      cmocka_unit_test(test_messages_are_taken),
      cmocka_unit_test(test_what_is_no_message_stays_in_the_list),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
