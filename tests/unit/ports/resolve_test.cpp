#include "resolve.h"

#include <netinet/in.h>
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "support/cmocka_test.h"

namespace {

using mote::posix::resolve;
using mote::posix::Resolved;

constexpr int kPatienceMs = 10'000;

void test_numeric_hosts(void**) {
  const Resolved four = resolve("127.0.0.1", "50051", 0, nullptr);
  assert_int_equal(four.count, 1);
  assert_int_equal(four.all()[0].storage.ss_family, AF_INET);
  sockaddr_in address{};
  std::memcpy(&address, &four.all()[0].storage, sizeof(address));
  assert_int_equal(ntohs(address.sin_port), 50051);
  assert_int_equal(four.all()[0].length, sizeof(address));

  const Resolved six = resolve("::1", "1", 0, nullptr);
  assert_int_equal(six.count, 1);
  assert_int_equal(six.all()[0].storage.ss_family, AF_INET6);
}

void test_a_name(void**) {
  const Resolved resolved = resolve("localhost", "50051", kPatienceMs, nullptr);
  assert_true(resolved.count >= 1);
  for (const auto& address : resolved.all())
    assert_true(address.storage.ss_family == AF_INET || address.storage.ss_family == AF_INET6);
}

void test_invalid_names(void**) {
  for (const char* name : {"", "no such name", "-"}) {
    const Resolved resolved = resolve(name, "50051", kPatienceMs, nullptr);
    assert_int_equal(resolved.count, 0);
    assert_non_null(resolved.reason);
  }
}

// The resolver is a child process, which goes no further than this.
void hang() {
  ::pause();
}

// The last test, for no child of this program resolves a name from here on.
void test_time_limit(void**) {
  assert_int_equal(::pthread_atfork(nullptr, nullptr, hang), 0);
  const auto begun = std::chrono::steady_clock::now();
  const Resolved late = resolve("localhost", "1", 50, nullptr);
  assert_int_equal(late.count, 0);
  assert_string_equal(late.reason, "the name was not resolved in time");
  const volatile std::sig_atomic_t stop = 1;
  const Resolved stopped = resolve("localhost", "1", kPatienceMs, &stop);
  assert_int_equal(stopped.count, 0);
  assert_string_equal(stopped.reason, "the name was not resolved in time");
  assert_true(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_numeric_hosts),
      cmocka_unit_test(test_a_name),
      cmocka_unit_test(test_invalid_names),
      cmocka_unit_test(test_time_limit),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
