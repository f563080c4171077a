#include "gateway/process_report.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using namespace mote::gateway;

void test_the_kernels_text_is_read(void**) {
  const Process process = parse_process("Name:\tx\nVmPeak:\t  9999 kB\nVmRSS:\t   12345 kB\nThreads:\t8\nSigQ:\t0/1\n");
  assert_int_equal(process.threads, 8);
  assert_int_equal(process.resident_kib, 12345);
}

// A process may call itself what it likes.
void test_a_name_is_not_a_number(void**) {
  assert_int_equal(parse_process("Name:\tThreads: 5\nThreads:\t2\n").threads, 2);
}

void test_a_debugger_is_seen(void**) {
  assert_true(parse_process("Name:\tx\nTracerPid:\t4711\nUid:\t0\n").traced);
  assert_false(parse_process("Name:\tx\nTracerPid:\t0\nUid:\t0\n").traced);
}

void test_missing_values_are_0(void**) {
  for (const char* text : {"", "Name:\tx\n", "\nVmRSS:", "\nVmRSS:\t kB\nThreads:"}) {
    assert_int_equal(parse_process(text).threads, 0);
    assert_int_equal(parse_process(text).resident_kib, 0);
    assert_false(parse_process(text).traced);
  }
}

void test_this_process(void**) {
  // QEMU, in whose user mode the tests of boards run, has one of its own.
  assert_in_range(read_process().threads, 1, 2);
  assert_in_range(read_process().resident_kib, 100, 1024 * 1024);
}

void test_words(void**) {
  const std::string text(process_report({.threads = 8, .resident_kib = 12345}).view());
  assert_string_equal(text.c_str(), "threads 8, resident memory 12345 KiB");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_kernels_text_is_read),
      cmocka_unit_test(test_a_name_is_not_a_number),
      cmocka_unit_test(test_a_debugger_is_seen),
      cmocka_unit_test(test_missing_values_are_0),
      cmocka_unit_test(test_this_process),
      cmocka_unit_test(test_words),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
