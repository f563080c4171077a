#include "engine/lean/spread_number.h"

#include <algorithm>
#include <array>

#include "support/cmocka_test.h"

namespace {

using namespace mote;
using lean::spread_number;

// Computed by another program.
void test_known_numbers(void**) {
  struct Case {
    std::int64_t now_us;
    std::size_t index;
    std::uint32_t number;
  };
  for (const Case& c :
       {Case{0, 0, 0x00000000}, Case{0, 1, 0x5692161d}, Case{0, 65535, 0xb2647e0f}, Case{1, 0, 0xceb5a1e0},
        Case{3600000000, 7, 0xb39b840a}, Case{1700000000000000, 1023, 0x1873630d}})
    assert_int_equal(spread_number(rpc::Time(c.now_us), c.index), c.number);
}

// Those of connections that are accepted in one turn, and of those that come one after the other.
void test_numbers_are_spread(void**) {
  for (const bool at_once : {true, false}) {
    std::array<int, 16> found{};
    for (std::size_t i = 0; i < 1600; ++i)
      ++found.at(spread_number(rpc::Time(at_once ? 5'000'000 : i), at_once ? i : 3) >> 28U);
    assert_in_range(*std::min_element(found.begin(), found.end()), 60, 100);
    assert_in_range(*std::max_element(found.begin(), found.end()), 100, 140);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_known_numbers),
      cmocka_unit_test(test_numbers_are_spread),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
