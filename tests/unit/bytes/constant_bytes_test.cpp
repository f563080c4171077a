#include "bytes/constant_bytes.h"

#include <string_view>

#include "mote/span.h"
#include "support/cmocka_test.h"

using mote::constant_bytes;
using mote::ConstantBytes;

namespace {

void integers_are_big_endian(void**) {
  constexpr auto kBytes =
      constant_bytes<[] { return ConstantBytes().u8(0x01).u16(0x0203).u24(0x040506).u32(0x0708090a); }>();
  static_assert(kBytes.size() == 10);
  for (std::size_t i = 0; i < kBytes.size(); ++i)
    assert_int_equal(kBytes[i], i + 1);
}

void text_and_bytes_are_copied(void**) {
  constexpr auto kBytes =
      constant_bytes<[] { return ConstantBytes().text("text").bytes(ConstantBytes().u8(0).text("inner")); }>();
  assert_true(mote::as_text(kBytes) == std::string_view("text\0inner", 10));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(integers_are_big_endian),
      cmocka_unit_test(text_and_bytes_are_copied),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
