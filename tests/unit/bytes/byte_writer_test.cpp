// The writer at the end of its room: what does not fit is not written, and it stays overflowed.
#include "bytes/byte_writer.h"

#include <vector>

#include "support/cmocka_test.h"

using mote::Bytes;
using mote::ByteWriter;

namespace {

using Octets = std::vector<std::uint8_t>;

Octets octets(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

void test_integers_are_big_endian(void**) {
  Octets buffer(10);
  ByteWriter out(buffer);
  out.u8(1);
  out.u16(0x0203);
  out.u24(0x040506);
  out.u32(0x0708090a);
  assert_true(octets(out.written()) == Octets({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  assert_int_equal(out.room(), 0);
  assert_false(out.overflowed());
}

void test_data_that_does_not_fit_is_not_written(void**) {
  Octets buffer(3, 0xcc);
  ByteWriter out(buffer);
  out.u32(1);
  assert_true(out.overflowed());
  assert_int_equal(out.size(), 0);
  assert_true(buffer == Octets(3, 0xcc));
  // Not even what would fit.
  out.u8(1);
  out.text("a");
  out.array(std::array<std::uint8_t, 1>{1});
  assert_int_equal(out.size(), 0);
  assert_true(buffer == Octets(3, 0xcc));
  out.rewind(0);
  assert_false(out.overflowed());
  out.text("abc");
  assert_false(out.overflowed());
  out.bytes({});
  assert_false(out.overflowed());
  out.u8(1);
  assert_true(out.overflowed());
}

void test_an_array_fits_exactly_or_not(void**) {
  Octets buffer(2, 0xcc);
  ByteWriter out(buffer);
  out.array(std::array<std::uint8_t, 2>{1, 2});
  assert_false(out.overflowed());
  assert_true(octets(out.written()) == Octets({1, 2}));
  out.array(std::array<std::uint8_t, 1>{3});
  assert_true(out.overflowed());
}

void test_advance_stops_at_the_room(void**) {
  Octets buffer(4);
  ByteWriter out(buffer);
  out.u8(1);
  assert_int_equal(out.tail().size(), 3);
  out.advance(4);
  assert_int_equal(out.size(), 1);
  out.advance(3);
  assert_int_equal(out.size(), 4);
}

void test_rewind_goes_back_only(void**) {
  Octets buffer(4);
  ByteWriter out(buffer);
  out.u16(1);
  out.rewind(3);
  assert_int_equal(out.size(), 2);
  out.rewind(1);
  assert_int_equal(out.size(), 1);
}

void test_a_patch_stays_within_what_is_written(void**) {
  Octets buffer(8, 0xcc);
  ByteWriter out(buffer);
  out.u32(0);
  out.patch_u24(1, 0x010203);
  assert_true(octets(out.written()) == Octets({0, 1, 2, 3}));
  out.patch_u24(2, 0x040506);
  out.patch_u32(1, 0x0708090a);
  assert_true(octets(out.written()) == Octets({0, 1, 2, 3}));
  assert_true(Octets(buffer.begin() + 4, buffer.end()) == Octets(4, 0xcc));
  out.patch_u32(0, 0x0708090a);
  assert_true(octets(out.written()) == Octets({7, 8, 9, 10}));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_integers_are_big_endian),      cmocka_unit_test(test_data_that_does_not_fit_is_not_written),
      cmocka_unit_test(test_an_array_fits_exactly_or_not), cmocka_unit_test(test_advance_stops_at_the_room),
      cmocka_unit_test(test_rewind_goes_back_only),        cmocka_unit_test(test_a_patch_stays_within_what_is_written),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
