#include "gateway/nearest_key.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::gateway::nearest_key;

void assert_nearest(std::string_view word, const char* key) {
  assert_string_equal(std::string(nearest_key(word)).c_str(), key);
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
      cmocka_unit_test(test_nearest),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
