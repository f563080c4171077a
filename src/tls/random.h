// The source of random numbers, in the form that mbedTLS asks for.
#pragma once

#include <cstddef>

namespace mote::tls {

// Fills `output` from getrandom(2) and returns 0. `context` is not used.
int fill_random(void* context, unsigned char* output, std::size_t size);

}  // namespace mote::tls
