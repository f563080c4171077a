// The client's end in a build with MOTE_SMALL: a fault ends the connection with GOAWAY as ever, of the most general code and
// without a reason.
#include <array>
#include <cstdint>

#include "http2/client/client_connection.h"
#include "support/cmocka_test.h"

namespace {

using mote::Bytes;
using mote::http2::ClientConnection;
using Event = ClientConnection::Event;

struct SmallClient {
  std::array<std::uint8_t, 256> output{};
  std::array<std::uint8_t, 64> scratch{};
  ClientConnection connection{{}, output, scratch};

  // What comes of the bytes, once the preface is sent.
  Event receive(Bytes bytes) {
    connection.start();
    connection.out().rewind(0);
    connection.receive(bytes);
    return connection.next();
  }
};

constexpr std::array<std::uint8_t, 17> kGoAway = {0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

void every_fault_is_a_protocol_error(void**) {
  // PING before SETTINGS, and SETTINGS that are too large: a FRAME_SIZE_ERROR elsewhere.
  constexpr std::array<std::uint8_t, 9> kPing = {0, 0, 8, 6, 0, 0, 0, 0, 0};
  constexpr std::array<std::uint8_t, 9> kLargeSettings = {1, 0, 0, 4, 0, 0, 0, 0, 0};
  for (const Bytes bytes : {Bytes(kPing), Bytes(kLargeSettings)}) {
    SmallClient client;
    assert_int_equal(client.receive(bytes), Event::Failed);
    const Bytes sent = client.connection.out().written();
    assert_int_equal(sent.size(), kGoAway.size());
    assert_memory_equal(sent.data(), kGoAway.data(), kGoAway.size());
  }
}

void valid_values_are_not_faults(void**) {
  constexpr std::array<std::uint8_t, 9> kSettings = {0, 0, 0, 4, 0, 0, 0, 0, 0};
  SmallClient client;
  assert_int_equal(client.receive(kSettings), Event::None);
  assert_true(client.connection.established());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_fault_is_a_protocol_error),
      cmocka_unit_test(valid_values_are_not_faults),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
