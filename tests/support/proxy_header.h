// PROXY headers of version 2, of a client at 192.0.2.1.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/lean/address_key.h"

namespace mote::test {

inline constexpr lean::AddressKey kProxiedClient{.value = 0xc0000201, .kind = lean::AddressKey::Kind::Ipv4};
// 192.0.2.1:4000 to 192.0.2.9:50051.
inline const std::string kProxiedIpv4("\xc0\x00\x02\x01\xc0\x00\x02\x09\x0f\xa0\xc3\x83", 12);

// `length` as the header says it; `rest` follows.
inline std::string proxy_header(unsigned char command, unsigned char family, std::size_t length,
                                std::string_view rest = {}) {
  std::string bytes("\r\n\r\n\0\r\nQUIT\n", 12);
  bytes += static_cast<char>(command);
  bytes += static_cast<char>(family);
  bytes += static_cast<char>(length >> 8U);
  bytes += static_cast<char>(length & 0xffU);
  return bytes.append(rest);
}

// Of that client, with `more` bytes behind its addresses (TLVs).
inline std::string ipv4_proxy_header(unsigned char command = 0x21, const std::string& more = {}) {
  return proxy_header(command, 0x11, kProxiedIpv4.size() + more.size(), kProxiedIpv4 + more);
}

}  // namespace mote::test
