// The command line of mote-device.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>

#include "mote-device/target.h"
#include "mote/device.h"
#include "text/flag.h"

namespace mote::tool {

enum class Mode : std::uint8_t { Reply, ReplyStream, Collect, Chat, Health };

// For example "reply-stream" and "echo.Echo/ReplyStream".
const char* name(Mode mode);
const char* method(Mode mode);

enum class Format : std::uint8_t {
  Lines,  // one line for each answer, and a summary
  Quiet,  // only the summary
  Json,   // one JSON object per line, for each answer and for the summary
  Text,   // only the text of each answer
};

// Paths and names, or null.
struct TlsOptions {
  const char* ca = nullptr;
  const char* certificate = nullptr;
  const char* key = nullptr;
  const char* server_name = nullptr;
  const char* psk_file = nullptr;

  // Otherwise the connection is plaintext.
  [[nodiscard]] bool wanted() const { return ca != nullptr || psk_file != nullptr; }
};

struct Options {
  const char* target_text = "127.0.0.1:50051";
  Target target;
  std::string_view message = "hello";  // in Mode::Health the service to check, "" for the whole server
  bool message_given = false;
  std::uint64_t size_bytes = 0;  // the size of the message; 0: the size of `message`
  std::uint32_t count = 5;       // 0: until a signal arrives
  std::uint32_t interval_ms = 1000;
  std::uint32_t deadline_ms = 0;  // 0: not set
  Mode mode = Mode::Reply;
  Format format = Format::Lines;
  bool timing = false;
  const char* plot = nullptr;  // a file's path
  TlsOptions tls;

  static constexpr std::size_t kMostMetadata = 16;
  static constexpr std::size_t kMostNameBytes = 1024;   // for all names with their terminators
  std::array<mote_metadata, kMostMetadata> metadata{};  // names point into metadata_names, values into the arguments
  std::array<char, kMostNameBytes> metadata_names{};
  std::size_t metadata_count = 0;
  std::size_t metadata_name_bytes = 0;
};

enum class Action : std::uint8_t { Run, Help, Version, Refuse };

// Parses `arguments` (without the name of the program), which must outlive `options`. `options` must not be moved. On
// Refuse one line on `errors` names the error and the correct usage.
Action parse_options(std::span<const char* const> arguments, Options& options, std::FILE* errors);

// For the commands of explore.h: parses the first flag of `rest` and its value, and removes them. It must be one that concerns every
// connection: --deadline, --metadata, -H or one of TLS. False: one line on `errors` names the error.
bool take_connection_flag(text::Arguments& rest, Options& options, std::FILE* errors);
// Whether the flags of TLS fit together and to the target. False as above.
bool check_tls(const Options& options, std::FILE* errors);

void print_help(std::FILE* out);

}  // namespace mote::tool
