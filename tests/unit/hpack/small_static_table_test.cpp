// The static table of a build with MOTE_SMALL: what a gRPC client needs of it is there, and the rest has no name.
#include <string>

#include "hpack/static_table.h"
#include "support/cmocka_test.h"

namespace {

using mote::hpack::kNamelessField;
using mote::hpack::kStaticTableSize;
using mote::hpack::static_entry;
using mote::hpack::StaticIndex;

void every_entry(void**) {
  constexpr std::size_t kFirstStatus = static_cast<std::size_t>(StaticIndex::Status200);
  constexpr const char* kStatuses[] = {"200", "204", "206", "304", "400", "404", "500"};
  for (std::size_t index = 1; index <= kStaticTableSize; ++index) {
    const mote::hpack::HeaderField field = static_entry(index);
    std::string name(kNamelessField);
    std::string value;
    if (index >= kFirstStatus && index < kFirstStatus + std::size(kStatuses)) {
      name = ":status";
      value = kStatuses[index - kFirstStatus];
    }
    if (index == static_cast<std::size_t>(StaticIndex::ContentType)) name = "content-type";
    assert_true(field.name == name);
    assert_true(field.value == value);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_entry),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
