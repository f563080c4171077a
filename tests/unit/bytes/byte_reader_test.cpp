// The reader at the end of its bytes, and before it.
#include "bytes/byte_reader.h"

#include "support/cmocka_test.h"

using mote::ByteReader;
using mote::Bytes;

namespace {

constexpr std::array<std::uint8_t, 5> kBytes{1, 2, 3, 4, 5};

void test_integers_are_big_endian(void**) {
  ByteReader reader(kBytes);
  assert_int_equal(reader.peek(), 1);
  assert_int_equal(reader.take_u8(), 1);
  assert_int_equal(reader.remaining(), 4);
  assert_int_equal(reader.take_u32(), 0x02030405);
  assert_true(reader.empty());
  reader = ByteReader(kBytes);
  assert_int_equal(reader.take_u16(), 0x0102);
}

void test_fewer_bytes_than_asked_for_are_zero_and_all_taken(void**) {
  ByteReader reader(Bytes(kBytes).first(3));
  assert_int_equal(reader.take_u32(), 0);
  assert_true(reader.empty());
  assert_int_equal(reader.take_u8(), 0);
  assert_int_equal(reader.take_u16(), 0);
}

void test_take_stops_at_the_end(void**) {
  ByteReader reader(kBytes);
  assert_int_equal(reader.take(4).size(), 4);
  assert_int_equal(reader.take(4).size(), 1);
  assert_int_equal(reader.take(4).size(), 0);
  assert_int_equal(reader.rest().size(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_integers_are_big_endian),
      cmocka_unit_test(test_fewer_bytes_than_asked_for_are_zero_and_all_taken),
      cmocka_unit_test(test_take_stops_at_the_end),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
