#include "engine/address_prefix.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace mote::engine {

namespace {

using Ipv6Bytes = std::array<std::uint8_t, 16>;

constexpr std::size_t kMappedBytes = 12;  // ::ffff:0:0/96
constexpr unsigned kMappedBits = 8 * kMappedBytes;
constexpr unsigned kAllBits = 128;

Ipv6Bytes mapped(const in_addr& address) {
  Ipv6Bytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  const std::span<const std::uint8_t> own(reinterpret_cast<const std::uint8_t*>(&address), sizeof(address));
  std::copy(own.begin(), own.end(), bytes.begin() + kMappedBytes);
  return bytes;
}

bool bit(const Ipv6Bytes& bytes, unsigned index) {
  return (unsigned{bytes[index / 8]} >> (7 - index % 8) & 1U) != 0;
}

}  // namespace

std::optional<AddressPrefix> AddressPrefix::parse(std::string_view text) {
  AddressPrefix prefix;
  prefix.unix_ = text == "unix";
  if (prefix.unix_) return prefix;

  const std::size_t slash = text.find('/');
  std::array<char, INET6_ADDRSTRLEN> host{};
  const std::string_view address = text.substr(0, slash);
  if (address.size() >= host.size() || address.find('\0') != std::string_view::npos) return std::nullopt;
  address.copy(host.data(), host.size());
  in_addr ipv4{};
  unsigned fixed_bits = 0;
  if (::inet_pton(AF_INET, host.data(), &ipv4) == 1) {
    prefix.bytes_ = mapped(ipv4);
    fixed_bits = kMappedBits;
  } else if (::inet_pton(AF_INET6, host.data(), prefix.bytes_.data()) != 1) {
    return std::nullopt;
  }

  prefix.bits_ = kAllBits;
  if (slash == std::string_view::npos) return prefix;
  const std::string_view length = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (error != std::errc() || end != length.data() + length.size() || bits > kAllBits - fixed_bits) return std::nullopt;
  prefix.bits_ = fixed_bits + bits;
  for (unsigned i = prefix.bits_; i < kAllBits; ++i) {
    if (bit(prefix.bytes_, i)) return std::nullopt;
  }
  return prefix;
}

bool AddressPrefix::contains(const Address& address) const {
  Ipv6Bytes bytes{};
  switch (address.family()) {
    case AF_UNIX:
      return unix_;
    case AF_INET:
      bytes = mapped(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_addr);
      break;
    case AF_INET6: {
      const in6_addr& ipv6 = reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr;
      std::copy(std::begin(ipv6.s6_addr), std::end(ipv6.s6_addr), bytes.begin());
      break;
    }
    default:
      return false;
  }
  if (unix_) return false;
  for (unsigned i = 0; i < bits_; ++i) {
    if (bit(bytes, i) != bit(bytes_, i)) return false;
  }
  return true;
}

}  // namespace mote::engine
