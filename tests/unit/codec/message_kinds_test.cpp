// Every kind of field, beside protobuf's own code on messages made at random (MOTE_TEST_SEED), and what an option changes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "encoded.h"
#include "kinds.pb.h"
#include "mote/message.h"
#include "official_echo.h"
#include "official_kinds.h"
#include "pieces.h"
#include "proto2.pb.h"
#include "support/cmocka_test.h"
#include "support/seed.h"

namespace mote::codec {
namespace {

using namespace std::string_view_literals;

class Generator {
 public:
  std::size_t below(std::size_t bound) { return test::pick(random_, bound - 1); }

  // Fields of any number and wire type; what lies in them is often a message again.
  std::string message(unsigned depth) {
    std::string bytes;
    for (std::size_t left = below(6); left > 0; --left)
      bytes += field(depth);
    return bytes;
  }

  void damage(std::string& bytes) {
    const std::size_t at = below(bytes.size() + 1);
    switch (bytes.empty() ? 0 : below(4)) {
      case 0:
        bytes.insert(at, field(3));
        return;
      case 1:
        bytes[below(bytes.size())] = static_cast<char>(below(256));
        return;
      case 2:
        bytes.erase(below(bytes.size()), 1 + below(3));
        return;
      default:
        bytes.resize(at);
    }
  }

  Pieces pieces(std::string_view bytes) {
    std::vector<std::size_t> cuts;
    for (std::size_t left = below(4); left > 0; --left)
      cuts.push_back(below(bytes.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    return {bytes, cuts};
  }

  static std::string of_length(const std::string& tag, const std::string& content) {
    return tag + varint(content.size()) + content;
  }

 private:
  static std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value > 0x7f; value >>= 7U)
      bytes += static_cast<char>(value | 0x80U);
    return bytes + static_cast<char>(value);
  }

  // Of any length, sometimes longer than necessary or than allowed.
  std::string number() {
    const std::size_t bits = below(65);
    std::string bytes = varint(bits == 0 ? 0 : (std::uint64_t{random_()} << 32U | random_()) >> (64 - bits));
    if (below(16) == 0) {
      bytes.back() = static_cast<char>(bytes.back() | '\x80');
      bytes.append(below(4), '\x80') += '\0';
    }
    return bytes;
  }

  std::string random_bytes(std::size_t size) {
    std::string bytes;
    while (bytes.size() < size)
      bytes += static_cast<char>(below(256));
    return bytes;
  }

  std::string content(unsigned depth) {
    std::string bytes;
    switch (below(depth < 4 ? 8 : 4)) {
      case 0:
        for (std::size_t left = below(5); left > 0; --left)
          bytes += number();
        return bytes;
      case 1:
        return random_bytes(8 * below(4));
      case 2:
        return random_bytes(below(4) * 4);
      case 3:
        return std::string(below(5), 'x') + (below(4) == 0 ? "\xc3\xbc" : "");
      default:
        return message(depth + 1);
    }
  }

  std::string field(unsigned depth) {
    const std::size_t tag = (depth < 2 ? 1 + below(4) : 1 + below(18)) << 3U;
    const auto with = [tag](unsigned type) { return varint(tag | type); };
    if (depth < 2 && below(8) != 0) return of_length(with(2), message(depth + 1));
    switch (below(16)) {
      case 0:
        return with(1) + random_bytes(8);
      case 1:
        return with(5) + random_bytes(4);
      case 2:
        return with(3) + (depth < 6 ? message(depth + 1) : "") + with(4);
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
        return of_length(with(2), content(depth));
      default:
        return with(0) + number();
    }
  }

  std::mt19937 random_ = test::seeded_random();
};

// What docs/services.md lists as differences.
bool is_named_difference(std::string_view reason) {
  return reason == "array overflow" || reason == "bytes overflow" ||
         reason == "a list in a message that is split into parts";
}

std::string encoded_with_room(const kinds_Numbers& numbers) {
  std::array<std::uint8_t, 300> buffer{};
  const EncodeResult result = encode_to(MutableBytes(buffer), numbers);
  assert_true(result.ok());
  return std::string(as_text(Bytes(buffer).first(result.size)));
}

// What was read here and written again holds what protobuf reads.
void test_the_same_is_read(void**) {
  official::be_quiet();
  Generator random;
  int read = 0;
  int refused = 0;
  int different = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string bytes = random.message(0);
    for (std::size_t left = random.below(3); left > 1; --left)
      random.damage(bytes);
    const Pieces pieces = random.pieces(bytes);
    kinds_Everything everything;
    const DecodeResult result = decode(pieces.list(), pieces.size(), everything);
    if (!result.ok() && is_named_difference(result.reason)) {
      ++different;
      continue;
    }
    const std::optional<std::string> wanted = official::everything(bytes);
    // The elements of a list are checked when they are read: protobuf sees a malformed one in what is written, too.
    std::optional<std::string> found;
    if (result.ok()) found = official::everything(encoded(everything));
    if (found != wanted) {
      for (const char c : bytes)
        std::printf("%02x ", static_cast<unsigned>(static_cast<std::uint8_t>(c)));
      fail_msg("protobuf: %s, here: %s", wanted ? "read" : "refused", result.ok() ? "read" : result.reason);
    }
    // Alone, without the lists of other fields, it is written without nanopb's streams, if there is room.
    if (wanted && everything.has_numbers) {
      const auto numbers = official::everything(Generator::of_length("\x0a", encoded_with_room(everything.numbers)));
      assert_true(numbers && wanted->starts_with(*numbers));
    }
    ++(wanted ? read : refused);
  }
  std::printf("read %d, refused %d, named differences %d\n", read, refused, different);
  assert_in_range(read, 10'000, 60'000);
  assert_in_range(refused, 5'000, 60'000);
  assert_in_range(different, 0, 6'000);
}

template <class Message>
const char* reason_for(std::string_view bytes, Message& message) {
  const Pieces pieces = Pieces::of_size(bytes, 1);
  const char* const reason = decode(pieces.list(), pieces.size(), message).reason;
  return reason == nullptr ? "read" : reason;
}

struct Case {
  std::string_view bytes;
  const char* reason;
};

// The differences that docs/services.md lists under "What messages can hold".
void test_what_an_option_makes_smaller(void**) {
  constexpr Case kCases[] = {
      {"\x0a\x07sevenxx"sv, "read"},
      {"\x0a\x08"
       "eightxxx"sv,
       "string overflow"},
      {"\x0a\x02\xc3\x28"sv, "invalid utf8"},
      {"\x0a\x01\xc3"sv, "invalid utf8"},
      {"\x0a\x01\xff"sv, "invalid utf8"},
      {"\x0a\x03x\xff\x78"sv, "invalid utf8"},
      {"\x0a"sv, "end of message"},
      {"\x12\x08"
       "eightxxx"sv,
       "read"},
      {"\x12\x09ninexxxxx"sv, "bytes overflow"},
      {"\x1a\x04"
       "four"sv,
       "read"},
      {"\x1a\x00"sv, "read"},
      {"\x1a\x03two"sv, "incorrect fixed length bytes size"},
      {"\x20\xff\x01"sv, "read"},
      {"\x20\x80\x02"sv, "integer too large"},
      {"\x20\xff\x81\x80\x80\x10"sv, "read"},  // 255 in the lower 32 bits
      {"\x28\x80\x80\xfe\xff\x0f"sv, "read"},  // -32768
      {"\x28\xff\xff\xfd\xff\x0f"sv, "integer too large"},
      {"\x28\xff\xff\x01"sv, "read"},
      {"\x28\x80\x80\x02"sv, "integer too large"},
      {"\x30\x01\x30\x02\x30\x03"sv, "read"},
      {"\x30\x01\x20\x05\x30\x02\x30\x03"sv, "read"},
      {"\x30\x01\x20\x05\x30\x02"sv, "wrong size for fixed count field"},
      {"\x32\x03\x01\x02\x03"sv, "read"},
      {"\x32\x02\x01\x02"sv, "wrong size for fixed count field"},
      {"\x32\x04\x01\x02\x03\x04"sv, "array overflow"},
      {"\x32\x03\x01\x02\x03\x4a\x02\x01\x02"sv, "read"},
      {"\x32\x02\x01\x02\x4a\x02\x01\x02"sv, "wrong size for fixed count field"},
      {"\x3a\x03one\x3a\x03two"sv, "read"},
      {"\x3a\x03one\x3a\x03two\x3a\x01x"sv, "array overflow"},
      {"\x3a\x04"
       "four"sv,
       "string overflow"},
      {"\x40\xfe\x01"sv, "read"},
      {"\x40\x80\x02"sv, "integer too large"},
  };
  for (const Case& one : kCases) {
    kinds_Sized sized;
    assert_string_equal(reason_for(one.bytes, sized), one.reason);
  }
  kinds_Sized sized;
  assert_string_equal(
      reason_for("\x0a\x02hi\x12\x01k\x20\xff\x01\x28\x80\x80\xfe\xff\x0f\x32\x03\x01\x02\x03\x40\xff\x01"sv, sized),
      "read");
  assert_string_equal(sized.name, "hi");
  assert_int_equal(sized.key.size, 1);
  assert_int_equal(sized.small, 255);
  assert_int_equal(sized.small_signed, -32768);
  assert_int_equal(sized.three[2], 3);
  assert_int_equal(sized.small_zigzag, -128);
}

void test_bytes_of_a_fixed_length(void**) {
  kinds_Sized sized;
  assert_string_equal(reason_for("\x1a\x04"
                                 "four"sv,
                                 sized),
                      "read");
  assert_memory_equal(sized.fixed_key, "four", 4);
  const Pieces none("\x1a\x00"sv);
  assert_true(merge({nullptr, none.list(), 0, 0, none.size()}, kinds_Sized_fields, &sized).ok());
  assert_memory_equal(sized.fixed_key, "\0\0\0\0", 4);
}

// Nothing of a longer text is left behind the last one.
// An element has nothing of what was in its place before.
void test_an_element_in_a_used_struct(void**) {
  kinds_Arrays arrays;
  assert_string_equal(reason_for("\x42\x02\x08\x05\x42\x02\x08\x06"sv, arrays), "read");
  assert_string_equal(reason_for("\x42\x02\x18\x07"sv, arrays), "read");
  assert_int_equal(arrays.numbers_count, 1);
  assert_int_equal(arrays.numbers[0].i32, 0);
  assert_int_equal(arrays.numbers[0].u32, 7);
}

void test_a_text_of_the_struct_twice(void**) {
  kinds_Sized sized;
  assert_string_equal(reason_for("\x0a\x05"
                                 "first\x0a\x02hi"sv,
                                 sized),
                      "read");
  assert_string_equal(sized.name, "hi");
}

void test_pieces_that_end_inside_a_text_of_the_struct(void**) {
  const Pieces pieces("\x0a\x03on"sv);
  kinds_Sized sized;
  assert_false(decode(pieces.list(), pieces.size() + 1, sized).ok());
}

// Also if nanopb's streams read it.
void test_an_empty_text_has_no_pieces(void**) {
  kinds_Texts texts;
  assert_string_equal(reason_for("\x0a\x00\x12\x00"sv, texts), "read");
  assert_null(texts.text.pieces);
  assert_null(texts.blob.pieces);
}

// Without a singular field, no part of it is encoded without nanopb's streams.
void test_a_message_of_arrays_only(void**) {
  kinds_Arrays arrays{};
  arrays.i32_count = 2;
  arrays.i32[0] = 300;
  arrays.i32[1] = 5;
  arrays.flags_count = 1;
  arrays.flags[0] = true;
  assert_true(encoded(arrays) == "\x0a\x03\xac\x02\x05\x22\x01\x01"sv);
}

bool take_text(pb_istream_t* stream, const pb_field_t* /*field*/, void** arg) {
  auto& text = *static_cast<std::string*>(*arg);
  std::string part(stream->bytes_left, '\0');
  if (!pb_read(stream, reinterpret_cast<pb_byte_t*>(part.data()), part.size())) return false;
  text += part + ';';
  return true;
}

bool take_number(pb_istream_t* stream, const pb_field_t* /*field*/, void** arg) {
  std::uint64_t number = 0;
  if (!pb_decode_varint(stream, &number)) return false;
  *static_cast<std::string*>(*arg) += std::to_string(number) + ';';
  return true;
}

// Functions of the caller get each value of their field, packed or not, in a struct that is cleared as well.
void test_functions_of_the_caller(void**) {
  std::string texts;
  std::string numbers;
  kinds_Functions functions{};
  functions.text = {{take_text}, &texts};
  functions.numbers = {{take_number}, &numbers};
  const Pieces pieces = Pieces::of_size("\x0a\x02hi\x10\x05\x0a\x00\x12\x03\x06\x80\x01\x09zzzzzzzz\x10\x07"sv, 1);
  const pb_msgdesc_t* const fields = kinds_Functions_fields;
  assert_true(decode(pieces.list(), pieces.size(), fields, &functions).ok());
  assert_string_equal(texts.c_str(), "hi;;");
  assert_string_equal(numbers.c_str(), "5;6;128;7;");
  const Pieces broken("\x12\x02\x06\x80"sv);
  assert_false(decode(broken.list(), broken.size(), fields, &functions).ok());
  // They get no value whose end is missing.
  texts = "";
  const Pieces cut("\x0a\x03hi"sv);
  assert_false(decode(cut.list(), cut.size() + 1, fields, &functions).ok());
  assert_string_equal(texts.c_str(), "");
}

void test_functions_of_the_caller_in_a_message_inside(void**) {
  std::string texts;
  kinds_Inside inside{};
  inside.functions.text = {{take_text}, &texts};
  const Pieces pieces("\x0a\x04\x0a\x02hi"sv);
  assert_true(decode(pieces.list(), pieces.size(), kinds_Inside_fields, &inside).ok());
  assert_string_equal(texts.c_str(), "hi;");
}

void test_recursive_messages_and_maps(void**) {
  const Pieces pieces("\x1a\x03\x0a\x01t\x22\x05\x0a\x01p\x10\x07"sv);
  kinds_Tree tree;
  assert_true(decode(pieces.list(), pieces.size(), tree).ok());
  mote_bytes element{};
  kinds_Tree twig;
  assert_true(mote_list_take(&tree.twigs, &element) && decode(element, twig).ok());
  assert_true(equal(twig.name, "t"));
  kinds_Tree_PricesEntry price;
  assert_true(mote_list_take(&tree.prices, &element) && decode(element, price).ok());
  assert_true(equal(price.key, "p"));
  assert_int_equal(price.value, 7);
  assert_string_equal(reason_for("\x12\x03\x0a\x01t"sv, tree), "not a singular string or bytes field");
}

void test_proto2(void**) {
  proto2_Old old;
  assert_string_equal(reason_for("\x08\x05\xa0\x06\x01"sv, old), "read");  // with an extension
  assert_int_equal(old.id, 5);
  assert_false(old.has_count);
  assert_int_equal(old.count, 0);
  assert_string_equal(reason_for("\x10\x05"sv, old), "missing required field");
  assert_string_equal(reason_for(""sv, old), "missing required field");
}

// Fields that nanopb would allocate. Nothing is written to where a pointer points, whatever was in its place before.
void test_pointers(void**) {
  for (const std::string_view bytes :
       {"\x08\x05"sv, "\x12\x01\x05"sv, "\x10\x05"sv, "\x22\x01t"sv, "\x19\x08\0\0\0\0\0\0\0\x22\x01t"sv}) {
    proto2_Pointed pointed;
    std::memset(static_cast<void*>(&pointed), 0x11, sizeof pointed);
    assert_string_equal(reason_for(bytes, pointed), "no malloc support");
    assert_null(pointed.number);
    assert_null(pointed.numbers);
    assert_int_equal(pointed.numbers_count, 0);
  }
  proto2_Pointed pointed;
  assert_string_equal(reason_for("\x19\x08\0\0\0\0\0\0\0"sv, pointed), "read");
  assert_int_equal(pointed.which_either, 3);
  assert_int_equal(pointed.either.place, 8);
  // A struct that was used before is cleared.
  std::memset(static_cast<void*>(&pointed), 0x11, sizeof pointed);
  assert_true(decode(mote_bytes{}, proto2_Pointed_fields, &pointed).ok());
  assert_null(pointed.number);
  assert_null(pointed.numbers);
  assert_int_equal(pointed.numbers_count, 0);
  assert_int_equal(pointed.which_either, 0);
}

// Each required field counts for itself, and no other.
void test_required_fields(void**) {
  proto2_Needs needs;
  assert_string_equal(reason_for("\x10\x01\x20\x01"sv, needs), "read");
  assert_string_equal(reason_for("\x08\x01\x18\x01"sv, needs), "missing required field");
  assert_string_equal(reason_for("\x08\x01\x10\x01\x18\x01"sv, needs), "missing required field");
  assert_string_equal(reason_for("\x08\x01\x18\x01\x20\x01"sv, needs), "missing required field");
}

// Of more than 64, the first 64 are checked. The 65th does not stand for the first.
void test_more_required_fields_than_are_checked(void**) {
  const auto fields = [](unsigned first, unsigned last) {
    std::string bytes;
    for (unsigned tag = first; tag <= last; ++tag) {
      const unsigned key = tag << 3U;
      bytes += static_cast<char>(key < 0x80 ? key : key | 0x80U);
      if (key >= 0x80) bytes += static_cast<char>(key >> 7U & 0x7fU);
      bytes += '\x01';
    }
    return bytes;
  };
  proto2_NeedsMany needs;
  assert_string_equal(reason_for(fields(1, 64), needs), "read");
  assert_string_equal(reason_for(fields(1, 63) + fields(65, 65), needs), "missing required field");
  assert_string_equal(reason_for(fields(2, 65), needs), "missing required field");
}

int run_all() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_same_is_read),
      cmocka_unit_test(test_what_an_option_makes_smaller),
      cmocka_unit_test(test_bytes_of_a_fixed_length),
      cmocka_unit_test(test_an_element_in_a_used_struct),
      cmocka_unit_test(test_a_text_of_the_struct_twice),
      cmocka_unit_test(test_pieces_that_end_inside_a_text_of_the_struct),
      cmocka_unit_test(test_an_empty_text_has_no_pieces),
      cmocka_unit_test(test_a_message_of_arrays_only),
      cmocka_unit_test(test_functions_of_the_caller),
      cmocka_unit_test(test_functions_of_the_caller_in_a_message_inside),
      cmocka_unit_test(test_recursive_messages_and_maps),
      cmocka_unit_test(test_proto2),
      cmocka_unit_test(test_pointers),
      cmocka_unit_test(test_required_fields),
      cmocka_unit_test(test_more_required_fields_than_are_checked),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}

}  // namespace
}  // namespace mote::codec

int main() {
  return mote::codec::run_all();
}
