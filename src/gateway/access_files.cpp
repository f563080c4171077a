#include "gateway/access_files.h"

#include <algorithm>
#include <string_view>

#include "engine/concat.h"
#include "gateway/config.h"
#include "gateway/settings.h"
#include "gateway/text_file.h"
#include "mbedtls/platform_util.h"
#include "tls/names.h"
#include "tls/pre_shared_keys.h"
#include "tls/server_context.h"
#include "tls/token_hash.h"

namespace mote::gateway {
namespace {

using engine::AccessPart;

// A version of the texts may grow to twice its size at the start before a reload needs a restart.
constexpr std::size_t kLeastAccessBytes = std::size_t{8} * 1024;

std::string read(std::string_view setting, const std::string& path, FileKind kind, std::string& text) {
  TextFile file = read_text_file(path, kind);
  if (!file.text) return engine::concat({setting, ": ", path, ": ", file.error});
  text = std::move(*file.text);
  return {};
}

std::string lines_of(const std::vector<std::string>& list) {
  std::string lines;
  for (const std::string& entry : list)
    lines.append(entry).append("\n");
  return lines;
}

// A file of lines "NAME SECRET".
struct NameFile {
  std::string_view setting;
  bool (*is_secret)(std::string_view text);
  std::string_view form;     // Of a line.
  std::string_view content;  // Of the file.
};
constexpr NameFile kTokens = {"token-file", tls::is_hash,
                              "\"NAME HASH\" with the SHA-256 of a token in 64 hexadecimal digits", "token"};
constexpr NameFile kPsks = {"tls-psk-file", tls::is_psk, "\"NAME KEY\" with 16 to 32 bytes in hexadecimal digits",
                            "key"};

// Adds the lines of `text`; blank ones and those that begin with '#' are left out.
std::string parse_names(const NameFile& kind, std::string_view text, const std::string& path, std::string& lines) {
  constexpr std::string_view kBlanks = " \t\r";
  const auto fault = [&](std::size_t number, std::string_view what, std::string_view detail) {
    return engine::concat({kind.setting, ": ", path, ":", number == 0 ? "" : engine::digits(number), what, detail});
  };
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = engine::take_line(text);
    line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t end = std::min(line.find_first_of(kBlanks), line.size());
    const std::string_view name = line.substr(0, end);
    const std::string_view secret = line.substr(std::min(line.find_first_not_of(kBlanks, end), line.size()));
    // The line is not shown: it may contain the token itself.
    if (!tls::is_name(name) || !kind.is_secret(secret)) return fault(number, ": this is not ", kind.form);
    if (&kind == &kPsks && !tls::find_psk(lines, name).empty()) return fault(number, ": a second key of ", name);
    lines.append(name).append(" ");
    for (const char digit : secret)
      lines += digit >= 'A' && digit <= 'F' ? static_cast<char>(digit - 'A' + 'a') : digit;
    lines += '\n';
  }
  return lines.empty() ? fault(0, " it has no ", kind.content) : std::string();
}

std::string load_names(const NameFile& kind, const std::string& path, std::string& lines) {
  std::string text;
  std::string error = read(kind.setting, path, FileKind::Secret, text);
  if (error.empty()) error = parse_names(kind, text, path, lines);
  mbedtls_platform_zeroize(text.data(), text.size());
  return error;
}

std::string load_tokens(const Config& config, AccessFiles& files) {
  if (config.token_file.empty()) return {};
  if (config.allow.empty()) return "token-file: without \"allow\" rules, every caller may call everything";
  return load_names(kTokens, config.token_file, files[AccessPart::Tokens]);
}

std::string load_tls(const Config& config, AccessFiles& files) {
  if (config.tls_certificate.empty() || config.tls_key.empty())
    return "a \"tls:\" listener needs tls-certificate and tls-key";
  if (!config.tls_allow.empty() && config.tls_client_ca.empty()) return "tls-allow needs tls-client-ca";
  std::string error = read("tls-certificate", config.tls_certificate, FileKind::Public, files[AccessPart::Certificate]);
  if (error.empty()) error = read("tls-key", config.tls_key, FileKind::Secret, files[AccessPart::Key]);
  if (error.empty() && !config.tls_client_ca.empty())
    error = read("tls-client-ca", config.tls_client_ca, FileKind::Public, files[AccessPart::ClientCa]);
  if (error.empty() && !config.tls_psk_file.empty())
    error = load_names(kPsks, config.tls_psk_file, files[AccessPart::Psks]);
  if (!error.empty()) return error;
  files[AccessPart::MinVersion] = config.tls_min_version == tls::Version::Tls13 ? "1.3" : "1.2";
  files[AccessPart::AllowedNames] = lines_of(config.tls_allow);
  files[AccessPart::Suites] = lines_of(config.tls_suites);
  const engine::AccessTexts texts = files.texts();
  tls::ServerContext context;
  const tls::LoadError wrong = context.load({.certificate = texts[AccessPart::Certificate],
                                             .key = texts[AccessPart::Key],
                                             .client_ca = texts[AccessPart::ClientCa],
                                             .allowed_names = texts[AccessPart::AllowedNames],
                                             .psks = texts[AccessPart::Psks],
                                             .min_version = config.tls_min_version,
                                             .suites = texts[AccessPart::Suites]});
  if (wrong.text.empty()) return {};
  return engine::concat({wrong.setting, ": ", wrong.text});
}

std::uint32_t access_bytes(const AccessFiles& files) {
  constexpr std::size_t kPage = 4096;
  const std::size_t wanted = std::max(2 * engine::sizes_of(files.texts()).total(), kLeastAccessBytes);
  return static_cast<std::uint32_t>(2 * ((wanted + kPage - 1) / kPage * kPage));
}

}  // namespace

engine::AccessTexts AccessFiles::texts() const {
  engine::AccessTexts texts;
  std::copy(parts.begin(), parts.end(), texts.parts.begin());
  return texts;
}

void AccessFiles::wipe_keys() {
  for (const AccessPart part : {AccessPart::Key, AccessPart::Psks}) {
    std::string& text = (*this)[part];
    mbedtls_platform_zeroize(text.data(), text.size());
  }
}

std::string load_access(Config& config) {
  AccessFiles& files = config.access;
  files[AccessPart::Rules] = lines_of(config.allow);
  std::string error = load_tokens(config, files);
  if (error.empty() && config.limits.tls) error = load_tls(config, files);
  config.limits.access_bytes = access_bytes(files);
  return error;
}

std::string unsupported_access(const Config& config) {
  const Config defaults;
  for (const Setting& setting : settings()) {
    const bool tls = setting.limit == nullptr && setting.key.starts_with("tls-");
    if (!tls && setting.key != "allow" && setting.key != "token-file") continue;
    if (setting.get(setting, config) == setting.get(setting, defaults)) continue;
    return engine::concat({setting.key, ": this engine has no ", tls ? "TLS" : "authorization", ": use mote-gateway",
                           tls ? ", or a proxy" : ""});
  }
  return config.limits.tls ? "listen: this engine has no TLS: use mote-gateway, or a proxy" : std::string();
}

std::vector<std::string> files_of(const Config& config) {
  std::vector<std::string> files;
  for (const std::string& path :
       {config.tls_certificate, config.tls_key, config.tls_client_ca, config.tls_psk_file, config.token_file}) {
    if (!path.empty()) files.push_back(path);
  }
  return files;
}

}  // namespace mote::gateway
