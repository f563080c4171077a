#include "mote/bytes.h"

#include <pb_decode.h>

#include <csetjmp>
#include <cstdarg>
#include <cstdint>
#include <string>
#include <string_view>

#include "pieces.h"

extern "C" {
#include <cmocka.h>
}

using mote::codec::Pieces;

namespace {

constexpr std::string_view kHead = "You said: ";
constexpr std::string_view kText = "hello, gateway";

std::string text_of(const mote_bytes& value) {
  std::string text;
  mote_bytes rest = value;
  for (mote_stretch s = mote_bytes_take(&rest); s.size > 0; s = mote_bytes_take(&rest)) {
    text.append(reinterpret_cast<const char*>(s.data), s.size);
  }
  return text;
}

mote_bytes tail_of(const Pieces& pieces, std::size_t offset) {
  return {nullptr, pieces.list(), 0, offset, pieces.size() - offset};
}

bool equal(const mote_bytes& value, std::string_view text) {
  return mote_bytes_equal(&value, text.data(), text.size());
}

void test_nothing_is_the_empty_value(void**) {
  mote_bytes value{};
  assert_int_equal(mote_bytes_size(&value), 0);
  assert_int_equal(mote_bytes_take(&value).size, 0);
  assert_true(equal(value, ""));
  assert_false(equal(value, "a"));
  assert_int_equal(mote_bytes_copy(&value, nullptr, 0), 0);
}

void test_a_head_alone(void**) {
  mote_bytes value = mote_bytes_of(kText.data(), kText.size());
  assert_int_equal(mote_bytes_size(&value), kText.size());
  assert_true(equal(value, kText));
  const mote_stretch whole = mote_bytes_take(&value);
  assert_ptr_equal(whole.data, kText.data());
  assert_int_equal(whole.size, kText.size());
  assert_int_equal(mote_bytes_size(&value), 0);
  assert_null(value.head);
}

// Every start in every pair of cuts, empty pieces among them.
void test_pieces_are_walked_from_any_offset(void**) {
  for (std::size_t first = 0; first <= kText.size(); ++first) {
    for (std::size_t second = first; second <= kText.size(); ++second) {
      const Pieces pieces(kText, {first, second, second});
      for (std::size_t offset = 0; offset <= kText.size(); ++offset) {
        mote_bytes value = tail_of(pieces, offset);
        assert_true(text_of(value) == kText.substr(offset));
        value.head = reinterpret_cast<const std::uint8_t*>(kHead.data());
        value.head_size = kHead.size();
        const std::string expected = std::string(kHead).append(kText.substr(offset));
        assert_int_equal(mote_bytes_size(&value), expected.size());
        assert_true(text_of(value) == expected);
        assert_true(equal(value, expected));
      }
    }
  }
}

void test_a_value_ends_inside_a_piece(void**) {
  const Pieces pieces(kText, {3});
  mote_bytes value = tail_of(pieces, 1);
  value.size = 4;
  assert_true(text_of(value) == "ello");
}

void test_equal_sees_every_byte(void**) {
  const Pieces pieces = Pieces::of_size(kText, 4);
  const mote_bytes value = tail_of(pieces, 0);
  assert_true(equal(value, kText));
  for (std::size_t at = 0; at < kText.size(); ++at) {
    std::string other(kText);
    other[at] = '#';
    assert_false(equal(value, other));
  }
  for (std::size_t size = 0; size < kText.size(); ++size)
    assert_false(equal(value, kText.substr(0, size)));
  assert_false(equal(value, std::string(kText) + "!"));
}

void test_copy_stops_at_the_room_given(void**) {
  const Pieces pieces = Pieces::of_size(kText, 3);
  const mote_bytes value = tail_of(pieces, 0);
  for (std::size_t room = 0; room <= kText.size() + 2; ++room) {
    std::string to(room, '#');
    const std::size_t copied = mote_bytes_copy(&value, to.data(), room);
    assert_int_equal(copied, std::min(room, kText.size()));
    assert_true(to.substr(0, copied) == kText.substr(0, copied));
  }
}

void test_pieces_that_end_early(void**) {
  const Pieces pieces(kText, {5});
  mote_bytes value = tail_of(pieces, 0);
  value.size += 1;
  assert_true(text_of(value) == kText);
  assert_false(equal(value, std::string(kText) + "!"));
  while (mote_bytes_take(&value).size > 0) {
  }
  assert_int_equal(mote_bytes_size(&value), 1);
}

void test_the_stream_reads_across_pieces(void**) {
  for (std::size_t part = 1; part <= kText.size(); ++part) {
    const Pieces pieces = Pieces::of_size(kText, part);
    mote_piece_cursor cursor{pieces.list(), 2};
    pb_istream_t stream = mote_piece_stream(&cursor, kText.size() - 2);
    std::string read(kText.size() - 2, '\0');
    auto* to = reinterpret_cast<pb_byte_t*>(read.data());
    assert_true(stream.callback(&stream, to, 1));
    assert_true(stream.callback(&stream, reinterpret_cast<pb_byte_t*>(&read[1]), read.size() - 1));
    assert_true(read == kText.substr(2));
    assert_false(stream.callback(&stream, to, 1));
    assert_false(stream.callback(&stream, to, 2));
  }
}

// As a function of the caller decodes its field, from the end of a piece.
void test_a_field_of_a_stream(void**) {
  const Pieces pieces(kText, {3});
  pb_field_t field{};
  field.type = PB_LTYPE_BYTES;
  mote_piece_cursor cursor{pieces.list(), 3};
  pb_istream_t stream = mote_piece_stream(&cursor, 4);
  mote_bytes value{};
  assert_true(mote_bytes_decode(&stream, &field, &value));
  assert_true(equal(value, kText.substr(3, 4)));
  assert_ptr_equal(value.pieces, pieces.list()->next);
  assert_int_equal(value.offset, 0);
  assert_int_equal(stream.bytes_left, 0);
  assert_ptr_equal(cursor.piece, pieces.list()->next);
  assert_int_equal(cursor.offset, 4);
  stream = mote_piece_stream(&cursor, kText.size() - 6);
  assert_false(mote_bytes_decode(&stream, &field, &value));
  assert_string_equal(PB_GET_ERROR(&stream), "message shorter than its size");
}

// One piece that is its own next.
void test_a_ring_is_a_value_of_any_size(void**) {
  static constexpr std::uint8_t kBytes[] = {1, 2, 3};
  mote_piece ring{nullptr, kBytes, sizeof kBytes};
  ring.next = &ring;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{314'159}}) {
    const mote_bytes value{nullptr, &ring, 0, 1, size};
    assert_int_equal(mote_bytes_size(&value), size);
    const std::string text = text_of(value);
    assert_int_equal(text.size(), size);
    for (std::size_t i = 0; i < size; ++i)
      assert_int_equal(text[i], kBytes[(i + 1) % 3]);
    assert_true(equal(value, text));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_is_the_empty_value),
      cmocka_unit_test(test_a_head_alone),
      cmocka_unit_test(test_pieces_are_walked_from_any_offset),
      cmocka_unit_test(test_a_value_ends_inside_a_piece),
      cmocka_unit_test(test_equal_sees_every_byte),
      cmocka_unit_test(test_copy_stops_at_the_room_given),
      cmocka_unit_test(test_pieces_that_end_early),
      cmocka_unit_test(test_the_stream_reads_across_pieces),
      cmocka_unit_test(test_a_field_of_a_stream),
      cmocka_unit_test(test_a_ring_is_a_value_of_any_size),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
