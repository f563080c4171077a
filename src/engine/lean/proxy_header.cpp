#include "engine/lean/proxy_header.h"

#include <algorithm>
#include <array>

#include "bytes/byte_reader.h"

namespace mote::lean {

namespace {

using State = ProxyHeader::State;
using Kind = AddressKey::Kind;

constexpr std::array<std::uint8_t, 12> kSignature = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                                     0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr std::size_t kFixedBytes = kSignature.size() + 4;
constexpr std::uint8_t kLocal = 0x20;  // Version 2 and the command.
constexpr std::uint8_t kProxy = 0x21;

// The address family and the transport protocol.
enum class Family : std::uint8_t { Unspecified = 0x00, TcpOverIpv4 = 0x11, TcpOverIpv6 = 0x21, UnixStream = 0x31 };

constexpr std::size_t kUnknown = SIZE_MAX;

// Bytes of both addresses and ports.
std::size_t address_bytes(Family family) {
  switch (family) {
    case Family::Unspecified:
      return 0;
    case Family::TcpOverIpv4:
      return 12;
    case Family::TcpOverIpv6:
      return 36;
    case Family::UnixStream:
      return 216;
  }
  return kUnknown;
}

AddressKey client_of(Family family, Bytes addresses) {
  if (family == Family::TcpOverIpv4) return key_of_ipv4(addresses);
  if (family == Family::TcpOverIpv6) return key_of_ipv6(addresses);
  return {};
}

}  // namespace

ProxyHeader read_proxy_header(Bytes bytes) {
  const std::size_t known = std::min(bytes.size(), kSignature.size());
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(known), kSignature.begin()))
    return {.state = State::Absent};
  if (bytes.size() < kFixedBytes) return {.state = State::Incomplete};

  ByteReader in(bytes.subspan(kSignature.size()));
  const std::uint8_t command = in.take_u8();
  const auto family = static_cast<Family>(in.take_u8());
  const std::uint16_t length = in.take_u16();
  if (command != kLocal && command != kProxy) return {.state = State::Malformed};
  // The receiver of LOCAL ignores the addresses, and the family with them.
  if (command == kLocal) return {.state = State::Complete, .size = kFixedBytes, .following = length};

  const std::size_t addresses = address_bytes(family);
  if (addresses > length) return {.state = State::Malformed};  // Also of an unknown family.
  if (in.remaining() < addresses) return {.state = State::Incomplete};
  return {.state = State::Complete,
          .size = kFixedBytes + addresses,
          .following = static_cast<std::uint16_t>(length - addresses),
          .client = client_of(family, in.take(addresses))};
}

}  // namespace mote::lean
