// TLS of a run: the files that the command line names, and the layer over the socket (mote/port_tls.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>

#include "mote-device/options.h"
#include "mote/port.h"
#include "mote/port_tls.h"

namespace mote::tool {

class Tls {
 public:
  // Reads the files. `host` is the name of the server if no other is given. False: one line on `errors` has the reason. All arguments
  // must outlive this object.
  [[nodiscard]] bool start(const TlsOptions& options, const char* host, const mote_port& below, std::FILE* errors);
  [[nodiscard]] bool started() const { return tls_.state != nullptr; }

  // After start().
  [[nodiscard]] mote_port port();
  [[nodiscard]] mote_tls_session session() const;
  // If TLS failed to connect or ended, writes why into `text`.
  void describe_failure(std::span<char> text) const;

 private:
  static constexpr std::size_t kCaBytes = std::size_t{64} * 1024;
  static constexpr std::size_t kCertificateBytes = std::size_t{16} * 1024;
  static constexpr std::size_t kKeyBytes = 4096;
  static constexpr std::size_t kMostPskBytes = 32;
  // A CA file may have several authorities.
  static constexpr std::size_t kMemoryBytes = MOTE_TLS_CERTIFICATE_BYTES + 2 * kCaBytes;

  [[nodiscard]] bool read_psk(const char* path, std::FILE* errors);

  std::array<char, kCaBytes> ca_{};
  std::array<char, kCertificateBytes> certificate_{};
  std::array<char, kKeyBytes> key_{};
  std::array<std::uint8_t, kMostPskBytes> psk_{};
  mote_tls_options options_{};
  mote_port below_{};
  mote_tls tls_{};
  alignas(16) std::array<std::uint8_t, kMemoryBytes> memory_{};
};

}  // namespace mote::tool
