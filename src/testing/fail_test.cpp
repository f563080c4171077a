#include "testing/fail_test.h"

#include <cstdio>
#include <cstdlib>

namespace mote::testing {

void fail_test(std::string_view reason) {
  std::fprintf(stderr, "mote::testing: %.*s\n", static_cast<int>(reason.size()), reason.data());
  std::abort();
}

}  // namespace mote::testing
