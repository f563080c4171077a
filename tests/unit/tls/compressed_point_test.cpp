// Compressed points (src/tls/mbedtls/compressed_point.c).
#include <array>
#include <cstdint>
#include <vector>

#include "mbedtls/ecp.h"
#include "support/cmocka_test.h"
#include "tls/memory.h"

namespace {

int take_memory(void**) {
  static std::vector<std::uint8_t> pool(std::size_t{32} * 1024);
  return mote::tls::take_memory(pool, {}) ? 0 : 1;
}

void test_only_complete_points_are_read(void**) {
  mbedtls_ecp_group group;
  mbedtls_ecp_point point;
  mbedtls_ecp_group_init(&group);
  mbedtls_ecp_point_init(&point);
  assert_int_equal(mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1), 0);
  std::array<std::uint8_t, 65> bytes{};
  std::size_t size = 0;
  const auto write = [&](int form) {
    return mbedtls_ecp_point_write_binary(&group, &group.G, form, &size, bytes.data(), bytes.size());
  };
  assert_int_equal(write(MBEDTLS_ECP_PF_UNCOMPRESSED), 0);
  assert_int_equal(mbedtls_ecp_point_read_binary(&group, &point, bytes.data(), size), 0);
  assert_int_equal(mbedtls_ecp_point_cmp(&point, &group.G), 0);
  assert_int_equal(write(MBEDTLS_ECP_PF_COMPRESSED), 0);
  assert_int_equal(mbedtls_ecp_point_read_binary(&group, &point, bytes.data(), size),
                   MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE);
  mbedtls_ecp_point_free(&point);
  mbedtls_ecp_group_free(&group);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_only_complete_points_are_read),
  };
  return cmocka_run_group_tests(tests, take_memory, nullptr);
}
