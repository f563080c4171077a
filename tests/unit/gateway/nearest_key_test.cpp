#include "gateway/nearest_key.h"

#include <cstdint>
#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::gateway::nearest_key;
using mote::gateway::typing_distance;

void assert_nearest(std::string_view word, const char* key) {
  assert_string_equal(std::string(nearest_key(word)).c_str(), key);
}

void test_distance(void**) {
  assert_int_equal(typing_distance("", ""), 0);
  assert_int_equal(typing_distance("", "abc"), 3);
  assert_int_equal(typing_distance("abc", ""), 6);
  assert_int_equal(typing_distance("abc", "abc"), 0);
  assert_int_equal(typing_distance("abc", "abd"), 3);
  assert_int_equal(typing_distance("ac", "abc"), 1);
  assert_int_equal(typing_distance("abbc", "abc"), 2);
  assert_int_equal(typing_distance("kitten", "sitting"), 3 + 3 + 1);
  assert_int_equal(typing_distance("MAX_STREAMS", "max-streams"), 0);
}

void test_long_words_are_cut(void**) {
  assert_int_equal(typing_distance(std::string(100'000, 'x'), "listen"), 2 * 64 + 6);
}

void test_nearest(void**) {
  assert_nearest("max-stream", "max-streams");
  assert_nearest("max_streams", "max-streams");
  assert_nearest("MAX_MESSAGE_SIZE", "max-message-bytes");
  assert_nearest("connections", "max-connections");
  assert_nearest("lisen", "listen");
  assert_nearest("loglevel", "log-level");
  assert_nearest("drain", "drain-seconds");
  assert_nearest("keepalive-timeout", "keepalive-timeout-ms");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_distance),
      cmocka_unit_test(test_long_words_are_cut),
      cmocka_unit_test(test_nearest),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
