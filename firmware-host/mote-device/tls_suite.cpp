#include "mote-device/tls_suite.h"

#include <string_view>

namespace mote::tool {

void put_suite(const char* name, std::FILE* out) {
  constexpr std::string_view kTls13 = "TLS1-3";
  std::string_view rest(name);
  if (rest.starts_with(kTls13)) {
    rest.remove_prefix(kTls13.size());
    std::fputs("TLS", out);
  }
  for (const char letter : rest)
    std::fputc(letter == '-' ? '_' : letter, out);
}

}  // namespace mote::tool
