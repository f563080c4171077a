// The files of TLS listeners. Before the gateway is ready, so it may use the heap.
#pragma once

#include <string>

#include "gateway/config.h"
#include "tls/server_context.h"

namespace mote::gateway {

// The texts of the files that the configuration names.
struct TlsFiles {
  std::string certificate;
  std::string key;
  std::string client_ca;

  // Views of the texts and of `config`.
  [[nodiscard]] tls::ServerSettings settings(const Config& config) const;
};

// Reads the files. Returns an empty text, or one line with the setting, the file and the error.
[[nodiscard]] std::string read_tls_files(const Config& config, TlsFiles& files);

// What prevents the TLS listeners of a configuration that load_config() has merged (Limits::tls); an empty text if nothing does. Reads and checks all files.
[[nodiscard]] std::string check_tls(const Config& config);

}  // namespace mote::gateway
