#include "engine/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "text/endpoint.h"

namespace mote::engine {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kTlsPrefix = "tls:";

template <typename Sockaddr>
Address from(const Sockaddr& socket_address, std::size_t length = sizeof(Sockaddr)) {
  Address address;
  std::memcpy(&address.storage, &socket_address, length);
  address.length = static_cast<socklen_t>(length);
  return address;
}

// The kernel's structure of an address, which may be truncated.
template <typename Sockaddr>
Sockaddr as(const Address& address) {
  Sockaddr socket_address{};
  std::memcpy(&socket_address, &address.storage, sizeof(Sockaddr));
  return socket_address;
}

// inet_pton() needs a terminated string; the longest numeric address has 45 characters.
bool parse_numeric(int family, std::string_view host, void* result) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (host.size() >= terminated.size() || host.find('\0') != std::string_view::npos) return false;
  host.copy(terminated.data(), host.size());
  return inet_pton(family, terminated.data(), result) == 1;
}

ParsedAddress wrong(std::string_view error) {
  return {.address = std::nullopt, .error = error};
}

Address unix_address(std::string_view path) {
  sockaddr_un socket_address{};
  socket_address.sun_family = AF_UNIX;
  path.copy(socket_address.sun_path, sizeof(socket_address.sun_path) - 1);
  return from(socket_address, offsetof(sockaddr_un, sun_path) + path.size() + 1);
}

ParsedAddress parse_ipv6(std::string_view host, std::uint16_t port) {
  sockaddr_in6 socket_address{};
  if (!parse_numeric(AF_INET6, host, &socket_address.sin6_addr)) {
    return wrong("the text in brackets is not a numeric IPv6 address");
  }
  socket_address.sin6_family = AF_INET6;
  socket_address.sin6_port = htons(port);
  Address address = from(socket_address);
  address.every = std::memcmp(&socket_address.sin6_addr, &in6addr_any, sizeof(in6addr_any)) == 0;
  return {.address = address, .error = {}};
}

ParsedAddress parse_ipv4(std::string_view host, std::uint16_t port) {
  sockaddr_in socket_address{};
  if (!parse_numeric(AF_INET, host, &socket_address.sin_addr)) {
    return wrong("the host is not a numeric address (for localhost write 127.0.0.1 or [::1], for all addresses *)");
  }
  socket_address.sin_family = AF_INET;
  socket_address.sin_port = htons(port);
  return {.address = from(socket_address), .error = {}};
}

Ipv6Bytes mapped(const in_addr& address) {
  Ipv6Bytes host{};
  std::copy(kIpv4Prefix.begin(), kIpv4Prefix.end(), host.begin());
  std::memcpy(host.data() + kIpv4Prefix.size(), &address, sizeof(address));
  return host;
}

Ipv6Bytes bytes_of(const in6_addr& address) {
  Ipv6Bytes host{};
  std::memcpy(host.data(), &address, sizeof(address));
  return host;
}

using Text = FixedText<120>;

// The end of a mapped address. inet_ntop() of musl needs printf, which is 13 KiB of code.
void add_ipv4(Text& text, const Ipv6Bytes& host) {
  std::string_view dot;
  for (const std::uint8_t part : std::span(host).last<4>()) {
    text.add(dot).add(std::uint64_t{part});
    dot = ".";
  }
}

void add_hex(Text& text, unsigned group) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  bool leading = true;
  for (const unsigned shift : {12U, 8U, 4U, 0U}) {
    const unsigned digit = group >> shift & 0xfU;
    leading = leading && digit == 0 && shift != 0;
    if (!leading) text.add(kDigits.substr(digit, 1));
  }
}

// The longest run of two or more groups that are 0, the first of several (RFC 5952 4.2).
struct Zeros {
  std::size_t begin = 0;
  std::size_t size = 1;
};

Zeros longest_zeros(const Ipv6Bytes& host) {
  Zeros longest;
  Zeros run{.begin = 0, .size = 0};
  for (std::size_t at = 0; at < host.size(); at += 2) {
    if (host[at] != 0 || host[at + 1] != 0) {
      run = {.begin = at / 2 + 1, .size = 0};
    } else if (++run.size > longest.size) {
      longest = run;
    }
  }
  return longest.size > 1 ? longest : Zeros{.begin = host.size(), .size = 0};
}

void add_ipv6(Text& text, const Ipv6Bytes& host) {
  if (std::equal(kIpv4Prefix.begin(), kIpv4Prefix.end(), host.begin())) {
    text.add("::ffff:");
    return add_ipv4(text, host);
  }
  const Zeros zeros = longest_zeros(host);
  for (std::size_t group = 0; group < host.size() / 2; ++group) {
    if (group == zeros.begin) {
      text.add("::");
      group += zeros.size;
    } else if (group != 0) {
      text.add(":");
    }
    if (group < host.size() / 2) add_hex(text, unsigned{host[2 * group]} << 8U | host[2 * group + 1]);
  }
}

// A path that fills sun_path has no zero byte at its end, and an unnamed peer has no path.
std::string_view path_of(const sockaddr_un& socket_address, std::size_t length) {
  constexpr std::size_t kPathAt = offsetof(sockaddr_un, sun_path);
  const std::size_t room = length > kPathAt ? std::min(length - kPathAt, sizeof(socket_address.sun_path)) : 0;
  return {socket_address.sun_path, strnlen(socket_address.sun_path, room)};
}

ParsedAddress parse_socket_address(std::string_view address) {
  const text::Endpoint endpoint = text::split_endpoint(address);
  if (!endpoint.error.empty()) return wrong(endpoint.error);
  if (!endpoint.path.empty()) return {.address = unix_address(endpoint.path), .error = {}};
  if (!endpoint.port) return wrong("the port is missing: write HOST:PORT");
  const std::optional<std::uint16_t> port = text::parse_port(*endpoint.port);
  if (!port) return wrong("the port is not a number from 0 to 65535");
  if (endpoint.brackets) return parse_ipv6(endpoint.host, *port);
  if (endpoint.host.empty() || endpoint.host == "*") return parse_ipv6("::", *port);
  return parse_ipv4(endpoint.host, *port);
}

}  // namespace

ParsedAddress parse_address(std::string_view address) {
  const bool tls = address.starts_with(kTlsPrefix);
  if (tls) address.remove_prefix(kTlsPrefix.size());
  if (address.starts_with(kTlsPrefix)) return wrong("tls: is there twice");
  ParsedAddress parsed = parse_socket_address(address);
  if (parsed.address) parsed.address->tls = tls;
  return parsed;
}

Address every_ipv4(const Address& address) {
  sockaddr_in socket_address{};
  socket_address.sin_family = AF_INET;
  socket_address.sin_port = as<sockaddr_in6>(address).sin6_port;
  socket_address.sin_addr.s_addr = htonl(INADDR_ANY);
  Address every = from(socket_address);
  every.tls = address.tls;
  return every;
}

std::optional<Ipv6Bytes> parse_ip(std::string_view text) {
  if (in_addr ipv4{}; parse_numeric(AF_INET, text, &ipv4)) return mapped(ipv4);
  if (in6_addr ipv6{}; parse_numeric(AF_INET6, text, &ipv6)) return bytes_of(ipv6);
  return std::nullopt;
}

std::optional<Ipv6Bytes> ipv6_of(const Address& address) {
  if (address.family() == AF_INET) return mapped(as<sockaddr_in>(address).sin_addr);
  if (address.family() == AF_INET6) return bytes_of(as<sockaddr_in6>(address).sin6_addr);
  return std::nullopt;
}

AddressText::AddressText(const Address& address) {
  if (address.tls) text_.add(kTlsPrefix);
  if (address.family() == AF_INET) {
    const auto socket_address = as<sockaddr_in>(address);
    add_ipv4(text_, mapped(socket_address.sin_addr));
    text_.add(":").add(ntohs(socket_address.sin_port));
  } else if (address.family() == AF_INET6) {
    const auto socket_address = as<sockaddr_in6>(address);
    text_.add("[");
    add_ipv6(text_, bytes_of(socket_address.sin6_addr));
    text_.add("]:").add(ntohs(socket_address.sin6_port));
  } else if (address.family() == AF_UNIX) {
    text_.add(kUnixPrefix).add(path_of(as<sockaddr_un>(address), address.length));
  } else {
    text_.add("unknown");
  }
}

}  // namespace mote::engine
