// Addresses of listeners and peers, as text and as socket addresses. Nothing here allocates or resolves names.
//
//   127.0.0.1:50051      one IPv4 address
//   [::1]:50051          one IPv6 address, in brackets
//   :50051  *:50051      every address of the machine, IPv4 and IPv6; [::]:50051 means the same, as in gRPC
//   tls:127.0.0.1:50051  the same with TLS, for a listener; any of the other forms can follow
//   unix:/run/mote.sock  a Unix socket; unix:///run/mote.sock, gRPC's other spelling, means the same
//
// Port 0 asks the kernel for a free one.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/fixed_text.h"

namespace mote::engine {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);  // of the part in use; accept() may fill the whole storage
  bool tls = false;                             // listeners: connections begin with a TLS handshake
  bool every = false;  // also listen on IPv4 (IPV6_V6ONLY off); if the kernel has no IPv6, use every_ipv4()

  [[nodiscard]] sockaddr* pointer() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* pointer() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sa_family_t family() const { return storage.ss_family; }
};

// An address as text, without the heap.
class AddressText {
 public:
  explicit AddressText(const Address& address);
  [[nodiscard]] std::string_view view() const { return text_.view(); }

 private:
  FixedText<120> text_;  // "unix:" and the 108 bytes of sun_path are the longest
};

// Returns an address, or a fixed text with the error and the expected form.
struct ParsedAddress {
  std::optional<Address> address;
  std::string_view error;
};
ParsedAddress parse_address(std::string_view address);

// 0.0.0.0 with the port of an IPv6 address.
Address every_ipv4(const Address& address);

// A host as an IPv6 address in network order; an IPv4 address is ::ffff:a.b.c.d, as it comes through an IPv6 socket (RFC 4291
// 2.5.5.2).
using Ipv6Bytes = std::array<std::uint8_t, 16>;
inline constexpr std::array<std::uint8_t, 12> kIpv4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// A numeric IPv4 or IPv6 address without a port.
std::optional<Ipv6Bytes> parse_ip(std::string_view text);
// Empty for an address that is neither IPv4 nor IPv6.
std::optional<Ipv6Bytes> ipv6_of(const Address& address);

}  // namespace mote::engine
