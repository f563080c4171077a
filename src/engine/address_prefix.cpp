#include "engine/address_prefix.h"

#include <sys/socket.h>

#include <charconv>

namespace mote::engine {

namespace {

constexpr unsigned kAllBits = 8 * sizeof(Ipv6Bytes);

bool bit(const Ipv6Bytes& host, unsigned index) {
  return (unsigned{host[index / 8]} >> (7 - index % 8) & 1U) != 0;
}

}  // namespace

std::optional<AddressPrefix> AddressPrefix::parse(std::string_view text) {
  AddressPrefix prefix;
  prefix.unix_ = text == "unix";
  if (prefix.unix_) return prefix;

  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const std::optional<Ipv6Bytes> host = parse_ip(address);
  if (!host) return std::nullopt;
  prefix.host_ = *host;
  prefix.bits_ = kAllBits;
  if (slash == std::string_view::npos) return prefix;

  const bool is_ipv4 = address.find(':') == std::string_view::npos;
  const unsigned fixed_bits = is_ipv4 ? 8 * sizeof(kIpv4Prefix) : 0;
  const std::string_view length = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (error != std::errc() || end != length.data() + length.size() || bits > kAllBits - fixed_bits) return std::nullopt;
  prefix.bits_ = fixed_bits + bits;
  for (unsigned i = prefix.bits_; i < kAllBits; ++i) {
    if (bit(prefix.host_, i)) return std::nullopt;
  }
  return prefix;
}

bool AddressPrefix::contains(const Address& address) const {
  const std::optional<Ipv6Bytes> host = ipv6_of(address);
  if (!host || unix_) return unix_ && address.family() == AF_UNIX;
  for (unsigned i = 0; i < bits_; ++i) {
    if (bit(*host, i) != bit(host_, i)) return false;
  }
  return true;
}

}  // namespace mote::engine
