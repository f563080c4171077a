#include "http2/server/recent_resets.h"

#include "support/cmocka_test.h"

namespace {

using mote::http2::RecentResets;

void our_resets_and_those_of_the_peer_are_separate(void**) {
  RecentResets resets;
  resets.add_ours(3);
  resets.add_peers(5);
  assert_true(resets.ours(3));
  assert_false(resets.ours(5));
  assert_false(resets.ours(1));
  assert_false(resets.take_peers(3));
  assert_false(resets.take_peers(7));
}

void a_reset_of_the_peer_counts_as_ours_after_it_is_taken(void**) {
  RecentResets resets;
  resets.add_peers(5);
  assert_true(resets.take_peers(5));
  assert_false(resets.take_peers(5));
  assert_true(resets.ours(5));
}

// Eight resets are stored. All streams below an overwritten one of ours count as ours.
void older_resets_of_ours_are_overwritten(void**) {
  RecentResets resets;
  for (std::uint32_t id = 11; id <= 25; id += 2)
    resets.add_ours(id);
  assert_false(resets.ours(9));
  resets.add_ours(27);
  assert_true(resets.ours(9));
  assert_true(resets.ours(11));
  assert_true(resets.ours(27));
  assert_false(resets.ours(29));
}

void overwritten_resets_of_the_peer_are_lost(void**) {
  RecentResets resets;
  for (std::uint32_t id = 1; id <= 17; id += 2)
    resets.add_peers(id);
  assert_false(resets.take_peers(1));
  assert_true(resets.take_peers(3));
  assert_false(resets.ours(1));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(our_resets_and_those_of_the_peer_are_separate),
      cmocka_unit_test(a_reset_of_the_peer_counts_as_ours_after_it_is_taken),
      cmocka_unit_test(older_resets_of_ours_are_overwritten),
      cmocka_unit_test(overwritten_resets_of_the_peer_are_lost),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
