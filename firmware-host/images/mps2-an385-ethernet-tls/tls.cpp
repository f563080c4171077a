// The self-test over TLS, with certificates (mps2-an385-ethernet-tls) or a pre-shared key (mps2-an385-ethernet-psk).
#include <array>

#include "credentials.h"
#include "image.h"
#include "mote/port_tls.h"
#include "over_tcp.h"
#include "selftest/print_number.h"
#include "semihosting.h"

namespace mote::board {

namespace {

#ifdef MOTE_TLS_CERTIFICATES
constexpr std::size_t kMemoryBytes = MOTE_TLS_CERTIFICATE_BYTES;
#else
constexpr std::size_t kMemoryBytes = MOTE_TLS_PSK_BYTES;
#endif
// A handshake with certificates takes 7 s of the processor.
constexpr mote_options kOptions = client_options(20'000);

alignas(8) std::array<std::uint8_t, kMemoryBytes> tls_memory;
mote_tls tls_in_use;
mote_tls_options tls_options;

// The board has no random generator. These numbers come from the machine that debugs or emulates it; without one, the instruction
// of semihosting is a fault, and no key is made.
bool entropy(void* /*context*/, std::uint8_t* into, std::size_t size) {
  return read_host_file("/dev/urandom", into, size);
}

void print_tls() {
  const mote_tls_session session = mote_tls_describe(&tls_in_use);
  if (session.version == nullptr) {
    selftest::print_number("TLS: result ", mote_tls_last_result(&tls_in_use));
    selftest::print_number(", alert ", mote_tls_alert(&tls_in_use));
    return write("\n");
  }
  write(session.version);
  write(" ");
  write(session.suite);
  selftest::print_number(", handshake ", session.handshake_ms);
  selftest::print_number(" ms, memory ", mote_tls_used_bytes(&tls_in_use));
  selftest::print_number(" of ", tls_memory.size());
  write(" bytes\n");
}

}  // namespace

int run_over_tcp(const mote_port& tcp, const char* mode) {
  mote_port port = tcp;
  port.entropy = entropy;
  if (!read_credentials(tls_options)) {
    write("FAILED: there are no credentials\n");
    return kFailedExit;
  }
  const mote_tls_result result = mote_tls_init(&tls_in_use, &port, &tls_options, tls_memory.data(), tls_memory.size());
  if (result != MOTE_TLS_OK) {
    selftest::print_number("FAILED: TLS: result ", result);
    write("\n");
    return kFailedExit;
  }
  const mote_port over_tls = mote_tls_port(&tls_in_use);
  const int code = run_image(over_tls, kOptions, mode);
  print_tls();
  return code;
}

}  // namespace mote::board
