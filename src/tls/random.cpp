// The random numbers of mbedTLS, from the kernel. They are never faked: without them the program ends.
#include "tls/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include "mote/span.h"
#include "psa/crypto.h"

namespace mote::tls {

int fill_random(void* /*context*/, unsigned char* output, std::size_t size) {
  MutableBytes rest(output, size);
  while (!rest.empty()) {
    const ssize_t filled = ::getrandom(rest.data(), rest.size(), 0);
    if (filled < 0 && errno == EINTR) continue;
    if (filled <= 0) std::abort();
    rest = rest.subspan(static_cast<std::size_t>(filled));
  }
  return 0;
}

}  // namespace mote::tls

// Of mbedtls/psa_functions.c.
extern "C" psa_status_t psa_generate_random(std::uint8_t* output, std::size_t output_size) {
  mote::tls::fill_random(nullptr, output, output_size);
  return PSA_SUCCESS;
}
