// Who makes a call, as far as its connection and its token prove it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mote::rpc {

// The names are empty, and `uid` has no value, where the caller has not proved them. Views are valid until the function of the
// service returns.
class Peer {
 public:
  // The longest address in bytes: "unix:" and the path of a socket.
  static constexpr std::size_t kAddressBytes = 120;

  // The certificate that the client has shown: its first DNS name (subject alternative name) that `tls-allow` admits.
  std::string_view certificate_name;
  // The identity of the pre-shared key of the connection.
  std::string_view psk_identity;
  // The name of the bearer token of the call.
  std::string_view token_name;
  // The user at the other end of a Unix socket (SO_PEERCRED).
  std::optional<std::uint32_t> uid;
  // The connection has TLS.
  bool encrypted = false;

  // "192.0.2.7:40012" or "[2001:db8::7]:40012": an address, which proves nothing. Behind a proxy in `trusted-proxy`, that of its
  // client. "unix:" on a Unix socket. Empty for calls of gRPC-Web over HTTP/1.1.
  [[nodiscard]] std::string_view address() const { return {address_.data(), address_size_}; }
  // Sets the address; what is above kAddressBytes is cut.
  void set_address(std::string_view address) {
    address_size_ = std::min(address.size(), address_.size());
    std::copy_n(address.begin(), address_size_, address_.begin());
  }
  // Whether the caller has proved anything.
  [[nodiscard]] bool identified() const {
    return !certificate_name.empty() || !psk_identity.empty() || !token_name.empty() || uid.has_value();
  }

 private:
  std::array<char, kAddressBytes> address_{};
  std::size_t address_size_ = 0;
};

}  // namespace mote::rpc
