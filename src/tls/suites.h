// The cipher suites of the gateway.
#pragma once

#include <array>
#include <string_view>

namespace mote::tls {

struct Suite {
  std::string_view name;  // Of the IANA registry.
  int id;
};

// All that there are, in the order of preference: AES first where the processor has instructions for it.
inline constexpr std::size_t kSuites = 8;
const std::array<Suite, kSuites>& suites();

// The number of the suite, or 0.
[[nodiscard]] int suite_id(std::string_view name);

// With a zero behind the last, as mbedTLS wants it.
using SuiteList = std::array<int, kSuites + 1>;
// The suites of `names`, each of which ends with a line feed and has a number, in this order and once. Those of this
// processor if it is empty.
[[nodiscard]] SuiteList suite_list(std::string_view names);

}  // namespace mote::tls
