// What the engine's memory is computed with. Each part is what the engine takes from its arena for it (engine.cpp).
#include "engine/lean/connection.h"
#include "engine/lean/engine.h"
#include "support/cmocka_test.h"
#ifdef MOTE_TLS
#include "tls/memory.h"
#endif

namespace {

using namespace mote;
using namespace mote::lean;

constexpr std::size_t kPointer = sizeof(void*);

void test_what_each_of_many_takes(void**) {
  const engine::EngineSizes sizes = lean::sizes();
  // The place of a timer.
  assert_int_equal(sizes.connection, sizeof(Connection) + HeaderTables::kConnectionBytes + kPointer);
  // And up to two lists of the table of calls, whose number is a power of two.
  assert_int_equal(sizes.call, sizeof(CallTable::Slot) + 3 * kPointer);
  assert_int_equal(sizes.address, sizeof(AddressRow) + 2 * kPointer);
  assert_int_equal(sizes.block, BlockPool::kLargeBytes);
  assert_int_equal(sizes.block_overhead, sizeof(BlockPool::Page));
  assert_int_equal(sizes.http_connection, Monitor::kConnectionBytes);
  assert_int_equal(sizes.metrics_method, Monitor::kMethodBytes);
  assert_int_equal(sizes.large_socket, kPointer);
  assert_int_equal(sizes.large_window, sizeof(LargeWindows::Place));
  assert_int_equal(sizes.socket, 4096);
  assert_int_equal(sizes.socket_factor, 2);
}

void test_what_is_there_once(void**) {
  const engine::EngineSizes sizes = lean::sizes();
  const std::size_t timers = 1 + engine::kClosingSockets;  // That of the listeners.
  const std::size_t alignment = 16 * alignof(std::max_align_t);
  assert_int_equal(sizes.fixed,
                   kComposeBytes + timers * kPointer + engine::kClosingSockets * sizeof(ClosingSocket) + alignment);
  assert_int_equal(sizes.http_fixed, Monitor::kFixedBytes);
#ifdef MOTE_GZIP
  assert_int_equal(sizes.gzip_fixed, gzip::Gzip::kMemoryBytes);
#endif
}

#ifdef MOTE_TLS
void test_what_tls_takes(void**) {
  const engine::EngineSizes sizes = lean::sizes();
  assert_int_equal(sizes.tls_connection, sizeof(TlsConnection) + tls::kConnectionPoolBytes);
  assert_int_equal(sizes.tls_handshake, tls::kHandshakePoolBytes + tls::record_place_bytes());
  // The old and the new version of certificates and rules.
  assert_int_equal(sizes.tls_fixed, 2 * tls::kContextPoolBytes + tls::kStepPoolBytes + TlsShared::buffer_bytes());
}
#endif

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_what_each_of_many_takes),
      cmocka_unit_test(test_what_is_there_once),
#ifdef MOTE_TLS
      cmocka_unit_test(test_what_tls_takes),
#endif
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
