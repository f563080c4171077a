// The name of a cipher suite.
#pragma once

#include <cstdio>

namespace mote::tool {

// Writes the name that IANA's registry has for mbedTLS's `name`: "TLS_AES_128_GCM_SHA256" for "TLS1-3-AES-128-GCM-SHA256".
void put_suite(const char* name, std::FILE* out);

}  // namespace mote::tool
