#include "gateway/tls_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace mote::gateway {
namespace {

constexpr std::size_t kMostBytes = std::size_t{256} * 1024;

std::string error_of(std::string_view setting, const std::string& path, std::string_view error) {
  return std::string(setting) + ": " + path + ": " + std::string(error);
}

std::string read_open_file(int descriptor, std::string& text) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::strerror(errno);
    if (size == 0) return {};
    text.append(buffer.data(), static_cast<std::size_t>(size));
    if (text.size() > kMostBytes) return "the file has more than 256 KiB";
  }
}

// A secret must not be readable by everybody: neither by others nor, for writing, by a group.
std::string read_file(std::string_view setting, const std::string& path, bool secret, std::string& text) {
  // Without O_NONBLOCK, a FIFO would wait for a writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return error_of(setting, path, std::strerror(errno));
  struct stat status {};
  std::string error;
  if (::fstat(descriptor, &status) != 0) {
    error = std::strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    error = "this is not a regular file";
  } else if (secret && (status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    error = "others may read or change this secret: chmod 640, or 600";
  } else {
    error = read_open_file(descriptor, text);
  }
  ::close(descriptor);
  return error.empty() ? error : error_of(setting, path, error);
}

}  // namespace

tls::ServerSettings TlsFiles::settings(const Config& config) const {
  return {.certificate = certificate,
          .key = key,
          .client_ca = client_ca,
          .allowed_names = config.tls_allow,
          .min_version = config.tls_min_version};
}

std::string read_tls_files(const Config& config, TlsFiles& files) {
  std::string error = read_file("tls-certificate", config.tls_certificate, false, files.certificate);
  if (error.empty()) error = read_file("tls-key", config.tls_key, true, files.key);
  if (error.empty() && !config.tls_client_ca.empty())
    error = read_file("tls-client-ca", config.tls_client_ca, false, files.client_ca);
  return error;
}

std::string check_tls(const Config& config) {
  if (!config.limits.tls) return {};
  if (config.tls_certificate.empty() || config.tls_key.empty())
    return "a \"tls:\" listener needs tls-certificate and tls-key";
  if (!config.tls_allow.empty() && config.tls_client_ca.empty()) return "tls-allow needs tls-client-ca";
  TlsFiles files;
  std::string error = read_tls_files(config, files);
  if (!error.empty()) return error;
  tls::ServerContext context;
  return context.load(files.settings(config));
}

}  // namespace mote::gateway
