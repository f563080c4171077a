#include "mote-device/received_metadata.h"

#include <string>

#include "support/cmocka_test.h"

namespace {

using mote::tool::ReceivedMetadata;

void test_fields_are_copied(void**) {
  ReceivedMetadata metadata;
  {
    const std::string name = "x-a";
    const std::string value = "b";
    metadata.add(name, value, false);
    metadata.add(name, "", true);
  }
  assert_int_equal(metadata.fields().size(), 2);
  assert_true(metadata.fields()[0].name == "x-a" && metadata.fields()[0].value == "b" &&
              !metadata.fields()[0].trailing);
  assert_true(metadata.fields()[1].value.empty() && metadata.fields()[1].trailing);
}

void test_skipped_fields_are_counted(void**) {
  ReceivedMetadata metadata;
  metadata.add("fits", std::string(ReceivedMetadata::kMostBytes - 4, 'x'), false);
  metadata.add("a", "", false);
  assert_int_equal(metadata.fields().size(), 1);
  assert_int_equal(metadata.left_out(), 1);

  metadata.clear();
  assert_true(metadata.fields().empty());
  assert_int_equal(metadata.left_out(), 0);
  for (std::size_t i = 0; i < ReceivedMetadata::kMostFields + 3; ++i)
    metadata.add("n", "v", false);
  assert_int_equal(metadata.fields().size(), ReceivedMetadata::kMostFields);
  assert_int_equal(metadata.left_out(), 3);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_fields_are_copied),
      cmocka_unit_test(test_skipped_fields_are_counted),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
