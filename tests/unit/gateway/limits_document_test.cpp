#include "gateway/limits_document.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "sizes.h"
#include "support/cmocka_test.h"
#include "support/lines.h"

namespace {

using mote::engine::LimitRow;
using mote::gateway::limits_document;
using mote::test::contains;

void test_every_limit_has_its_row(void**) {
  const std::string page = limits_document(kSizes);
  for (const LimitRow& row : mote::engine::limit_table()) {
    assert_true(contains(page, "| `" + std::string(row.name) + "` | "));
    assert_true(contains(page, "| " + std::string(row.bounds) + " | " + std::string(row.answer) + " | `" +
                                   std::string(row.counter) + "` | " + std::string(row.cost_text) + " | " +
                                   (row.reloadable ? "changes" : "") + " |\n"));
  }
  assert_true(contains(page, "- `connection-buffer-bytes` is at most buffer-bytes.\n"));
}

// A text with a bar or a line end in it would tear its row.
void test_tables_are_complete(void**) {
  const std::string page = limits_document(kSizes);
  std::string_view rest = page;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.starts_with('|')) continue;
    const auto bars = std::count(line.begin(), line.end(), '|');
    assert_true(bars == 9 || bars == 4 || bars == 3);
    assert_true(line.ends_with('|'));
  }
}

void test_the_grpc_engine_has_a_row_for_each_limit(void**) {
  const std::string page = limits_document(kSizes);
  const std::string section = page.substr(page.find("## In the gRPC engine"));
  for (const LimitRow& row : mote::engine::limit_table())
    assert_true(contains(section, "| `" + std::string(row.name) + "` | "));
  assert_true(contains(section, "| `reset-budget` | **not enforced** | "));
  assert_true(contains(section, "| `max-streams` | the engine | "));
  assert_true(contains(section, "| `max-message-bytes` | the library | "));
}

void test_memory_at_the_defaults(void**) {
  const std::string page = limits_document(kSizes);
  mote::engine::Limits limits;
  mote::engine::resolve(limits);
  const std::string connections = std::to_string(limits.max_connections);
  const std::string bytes = std::to_string(limits.max_connections * kSizes.connection);
  assert_true(contains(page, "| `max-connections`, " + connections + " x 1456 | " + bytes + " |\n"));
  assert_true(contains(page, "| `send-bytes` | " + std::to_string(limits.send_bytes) + " |\n"));
  assert_true(contains(page, "| fixed | 2000 |\n"));
  assert_false(contains(page, "| `reset-budget`, "));
  const std::string worst = std::to_string(mote::engine::worst_case_bytes(limits, kSizes));
  assert_true(contains(page, "| **worst case** | **" + worst + "** ("));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_limit_has_its_row),
      cmocka_unit_test(test_tables_are_complete),
      cmocka_unit_test(test_the_grpc_engine_has_a_row_for_each_limit),
      cmocka_unit_test(test_memory_at_the_defaults),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
