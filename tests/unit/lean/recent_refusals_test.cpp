#include "engine/lean/monitor/recent_refusals.h"

#include <array>
#include <string>

#include "support/cmocka_test.h"

namespace {

using namespace mote::lean;

constexpr Time kSecond = std::chrono::seconds(1);

struct Refusals {
  std::array<Refusal, kRecentRefusals> places;
  RecentRefusals recent{places};

  std::string name(std::size_t index) {
    const Refusal* refusal = recent.newest(index);
    return refusal == nullptr ? "" : std::string(refusal->name);
  }
};

void test_the_newest_comes_first(void**) {
  Refusals all;
  assert_null(all.recent.newest(0));
  all.recent.note("a", kSecond)->peer.add("127.0.0.1:1");
  assert_non_null(all.recent.note("b", 2 * kSecond));
  assert_string_equal(all.name(0).c_str(), "b");
  assert_string_equal(all.name(1).c_str(), "a");
  assert_string_equal(std::string(all.recent.newest(1)->peer.view()).c_str(), "127.0.0.1:1");
  assert_null(all.recent.newest(2));
}

void test_a_flood_takes_one_place(void**) {
  Refusals all;
  assert_non_null(all.recent.note("a", kSecond));
  for (int i = 0; i < 100; ++i)
    assert_null(all.recent.note("a", kSecond + i * kSecond / 2));
  assert_int_equal(all.recent.newest(0)->count, 101);
  assert_true(all.recent.newest(0)->at == kSecond + 99 * kSecond / 2);
  assert_null(all.recent.newest(1));
}

void test_the_same_later_is_another(void**) {
  Refusals all;
  assert_non_null(all.recent.note("a", kSecond));
  assert_non_null(all.recent.note("a", 2 * kSecond));
  assert_int_equal(all.recent.newest(0)->count, 1);
  assert_int_equal(all.recent.newest(1)->count, 1);
}

void test_the_oldest_makes_room(void**) {
  Refusals all;
  for (int i = 0; i <= static_cast<int>(kRecentRefusals); ++i)
    assert_non_null(all.recent.note(i == 0 ? "first" : "other", i * kSecond));
  for (std::size_t i = 0; i < kRecentRefusals; ++i)
    assert_string_equal(all.name(i).c_str(), "other");
  assert_null(all.recent.newest(kRecentRefusals));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_newest_comes_first),
      cmocka_unit_test(test_a_flood_takes_one_place),
      cmocka_unit_test(test_the_same_later_is_another),
      cmocka_unit_test(test_the_oldest_makes_room),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
