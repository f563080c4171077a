#include "mote-device/tls.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "bytes/hex_digit.h"
#include "mote/span.h"

namespace mote::tool {
namespace {

bool refuse(const char* flag, const char* path, const char* reason, std::FILE* errors) {
  std::fprintf(errors, "mote-device: %s: %s: %s\n", flag, path, reason);
  return false;
}

// Reads the file into `room`, with a NUL at the end. Returns the bytes with the NUL.
std::optional<std::size_t> read_file(const char* flag, const char* path, bool secret, std::span<char> room,
                                     std::FILE* errors) {
  std::FILE* file = std::fopen(path, "re");
  struct stat status {};
  if (file == nullptr || ::fstat(::fileno(file), &status) != 0) {
    refuse(flag, path, std::strerror(errno), errors);
    if (file != nullptr) std::fclose(file);
    return std::nullopt;
  }
  const std::size_t size = std::fread(room.data(), 1, room.size(), file);
  const bool failed = std::ferror(file) != 0;
  const char* reason = nullptr;
  if (failed) reason = std::strerror(errno);
  if (size == room.size()) reason = "the file is too large";
  if (secret && (status.st_mode & (S_IRWXO | S_IWGRP)) != 0)
    reason = "others may read or change this secret: chmod 600";
  std::fclose(file);
  if (reason != nullptr) {
    refuse(flag, path, reason, errors);
    return std::nullopt;
  }
  room[size] = '\0';
  return size + 1;
}

mote_tls_bytes bytes_of(std::span<const char> text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The bytes of hexadecimal digits. Returns their number, 0 for anything else.
std::size_t parse_hex(std::string_view digits, MutableBytes bytes) {
  if (digits.size() % 2 != 0 || digits.size() / 2 > bytes.size()) return 0;
  for (std::size_t i = 0; i < digits.size() / 2; ++i) {
    const unsigned byte = hex_value(digits[2 * i]) << 4U | hex_value(digits[2 * i + 1]);
    if (byte >= kNoHexDigit) return 0;
    bytes[i] = static_cast<std::uint8_t>(byte);
  }
  return digits.size() / 2;
}

// The flag with the value that the result is about.
const char* flag_of(mote_tls_result result) {
  switch (result) {
    case MOTE_TLS_BAD_SERVER_NAME:
      return "--tls-server-name";
    case MOTE_TLS_BAD_CERTIFICATE:
      return "--tls-cert";
    case MOTE_TLS_BAD_KEY:
      return "--tls-key";
    case MOTE_TLS_BAD_PSK:
      return "--tls-psk-file";
    default:
      return "--tls-ca";
  }
}

}  // namespace

bool Tls::start(const TlsOptions& options, const char* host, const mote_port& below, std::FILE* errors) {
  struct File {
    const char* flag;
    const char* path;
    bool secret;
    std::span<char> room;
    mote_tls_bytes& bytes;
  };
  const File files[] = {{"--tls-ca", options.ca, false, ca_, options_.ca},
                        {"--tls-cert", options.certificate, false, certificate_, options_.certificate},
                        {"--tls-key", options.key, true, key_, options_.key}};
  for (const File& file : files) {
    if (file.path == nullptr) continue;
    const std::optional<std::size_t> size = read_file(file.flag, file.path, file.secret, file.room, errors);
    if (!size) return false;
    file.bytes = bytes_of(file.room.first(*size));
  }
  if (options.psk_file != nullptr && !read_psk(options.psk_file, errors)) return false;
  options_.server_name = options.server_name != nullptr ? options.server_name : host;
  below_ = below;
  const mote_tls_result result = mote_tls_init(&tls_, &below_, &options_, memory_.data(), memory_.size());
  if (result == MOTE_TLS_OK) return true;
  std::fprintf(errors, "mote-device: %s: %s\n", flag_of(result), mote_tls_result_text(result));
  return false;
}

// One line "NAME KEY", as ./dev certs writes for each device.
bool Tls::read_psk(const char* path, std::FILE* errors) {
  const char* flag = "--tls-psk-file";
  const std::optional<std::size_t> size = read_file(flag, path, true, key_, errors);
  if (!size) return false;
  std::string_view text(key_.data(), *size - 1);
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.remove_suffix(1);
  if (text.find('\n') != std::string_view::npos)
    return refuse(flag, path, "the file has the keys of several devices: write the line of this one into a file",
                  errors);
  const std::size_t space = text.find(' ');
  const std::size_t psk_bytes = space == std::string_view::npos ? 0 : parse_hex(text.substr(space + 1), psk_);
  if (psk_bytes == 0) return refuse(flag, path, "write NAME KEY, the key in at most 64 hexadecimal digits", errors);
  key_[space] = '\0';
  options_.psk_identity = key_.data();
  options_.psk = {psk_.data(), psk_bytes};
  return true;
}

mote_port Tls::port() {
  return mote_tls_port(&tls_);
}

mote_tls_session Tls::session() const {
  return mote_tls_describe(&tls_);
}

void Tls::describe_failure(std::span<char> text) const {
  const mote_tls_result result = mote_tls_last_result(&tls_);
  // The socket knows more about its end.
  if (result == MOTE_TLS_OK || result == MOTE_TLS_NO_CONNECTION) return;
  const char* reason = mote_tls_result_text(result);
  if (result == MOTE_TLS_ALERT)
    std::snprintf(text.data(), text.size(), "%s: %u (RFC 8446 6)", reason, mote_tls_alert(&tls_));
  else
    std::snprintf(text.data(), text.size(), "%s", reason);
}

}  // namespace mote::tool
