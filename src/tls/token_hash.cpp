#include "tls/token_hash.h"

#include <algorithm>
#include <cstdint>

extern "C" {
#include "mbedtls/constant_time.h"  // It does not say so itself.
}
#include "bytes/hex_digit.h"
#include "mbedtls/sha256.h"

namespace mote::tls {

HashText hash_of(std::string_view text) {
  std::array<std::uint8_t, 32> hash{};
  // It can fail only with other processors' hardware.
  (void)mbedtls_sha256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data(), 0);
  constexpr std::string_view kDigits = "0123456789abcdef";
  HashText digits{};
  for (std::size_t i = 0; i < hash.size(); ++i) {
    digits[2 * i] = kDigits[hash[i] >> 4U];
    digits[2 * i + 1] = kDigits[hash[i] & 15U];
  }
  return digits;
}

bool is_hash(std::string_view text) {
  return text.size() == HashText{}.size() && std::ranges::all_of(text, is_hex_digit);
}

bool same_hash(const HashText& hash, std::string_view other) {
  return other.size() == hash.size() && mbedtls_ct_memcmp(hash.data(), other.data(), hash.size()) == 0;
}

}  // namespace mote::tls
