#include "mote-device/options.h"

#include <cstring>
#include <iterator>
#include <limits>

#include "mote-device/escaped.h"
#include "mote-device/explore.h"
#include "mote-device/top.h"
#include "mote/span.h"
#include "text/flag.h"
#include "text/measure.h"
#include "text/typing_distance.h"

namespace mote::tool {
namespace {

constexpr std::uint64_t kMostMs = 24ULL * 60 * 60 * 1000;
// A gRPC message could be as large as 4 GiB. The tool allocates the memory for the message at start.
constexpr std::uint64_t kMostBytes = 1ULL << 30;

struct ModeName {
  Mode mode;
  const char* name;
  const char* method;
};
constexpr ModeName kModes[] = {
    {Mode::Reply, "reply", "echo.Echo/Reply"},
    {Mode::ReplyStream, "reply-stream", "echo.Echo/ReplyStream"},
    {Mode::Collect, "collect", "echo.Echo/Collect"},
    {Mode::Chat, "chat", "echo.Echo/Chat"},
    {Mode::Health, "health", "grpc.health.v1.Health/Check"},
};

const ModeName& entry(Mode mode) {
  return kModes[static_cast<std::size_t>(mode)];
}

// Prints an error. Returns false, which the caller returns.
bool report_error(std::FILE* errors, const char* flag, std::string_view what) {
  std::fprintf(errors, "mote-device: %s: %.*s\n", flag, static_cast<int>(what.size()), what.data());
  return false;
}

bool set_number(const char* flag, const char* value, text::Unit unit, std::uint64_t least, std::uint64_t most,
                std::uint64_t& number, std::FILE* errors) {
  const text::ParsedQuantity parsed = text::parse_quantity(value, unit);
  if (!parsed.error.empty()) return report_error(errors, flag, parsed.error);
  if (parsed.value < least || parsed.value > most) {
    std::fprintf(errors, "mote-device: %s: %s is out of range (from %llu to %llu)\n", flag, value,
                 static_cast<unsigned long long>(least), static_cast<unsigned long long>(most));
    return false;
  }
  number = parsed.value;
  return true;
}

bool set_number(const char* flag, const char* value, text::Unit unit, std::uint32_t least, std::uint64_t most,
                std::uint32_t& number, std::FILE* errors) {
  std::uint64_t wide = 0;
  if (!set_number(flag, value, unit, least, most, wide, errors)) return false;
  number = static_cast<std::uint32_t>(wide);
  return true;
}

bool is_name_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' || letter == '-' ||
         letter == '.';
}

// PROTOCOL-HTTP2.md, "Custom-Metadata".
std::string_view fault_of_metadata(std::string_view name, std::string_view value) {
  for (const char letter : name) {
    if (!is_name_letter(letter)) return "a name may contain only a to z, 0 to 9, '_', '-' and '.'";
  }
  if (name.starts_with("grpc-")) return "names that begin with grpc- are reserved for gRPC";
  for (const char letter : value) {
    if (letter < ' ' || letter > '~')
      return "a value must be printable ASCII (for bytes, use a name that ends in -bin and base64)";
  }
  return {};
}

// `separator` is behind the name.
bool add_metadata(Options& options, const char* flag, const char* argument, char separator, std::FILE* errors) {
  const char* end = std::strchr(argument, separator);
  if (end == nullptr || end == argument)
    return report_error(errors, flag, separator == '=' ? "write NAME=VALUE" : "write NAME: VALUE");
  const std::string_view name(argument, static_cast<std::size_t>(end - argument));
  const char* value = std::next(end);
  if (separator == ':') value = std::next(value, static_cast<std::ptrdiff_t>(std::strspn(value, " ")));
  const std::string_view fault = fault_of_metadata(name, value);
  if (!fault.empty()) return report_error(errors, flag, fault);
  if (options.metadata_count == Options::kMostMetadata) return report_error(errors, flag, "at most 16 are possible");
  const std::span<char> place = std::span(options.metadata_names).subspan(options.metadata_name_bytes);
  if (name.size() >= place.size()) return report_error(errors, flag, "the names together are longer than 1023 bytes");
  name.copy(place.data(), name.size());
  options.metadata[options.metadata_count++] = {.name = place.data(), .value = value};
  options.metadata_name_bytes += name.size() + 1;
  return true;
}

struct Flag {
  const char* name = nullptr;
  const char* placeholder = nullptr;  // null: the flag has no value
  const char* help = nullptr;
  bool (*set)(Options&, const char* value, std::FILE* errors) = nullptr;
  bool of_connection = false;  // the commands of explore.h have it too
};

constexpr Flag kFlags[] = {
    {"--target", "HOST:PORT", "the server: name, IPv4, [IPv6] or unix:PATH (default 127.0.0.1:50051)",
     [](Options& options, const char* value, std::FILE*) {
       options.target_text = value;
       return true;
     }},
    {"--message", "TEXT", "the text to send (default hello)",
     [](Options& options, const char* value, std::FILE* errors) {
       if (!is_utf8(value)) return report_error(errors, "--message", "the text is not UTF-8");
       options.message = value;
       options.message_given = true;
       return true;
     }},
    {"--size", "BYTES", "the size of the message: the text is repeated or truncated to it (64KiB, 1MiB)",
     [](Options& options, const char* value, std::FILE* errors) {
       return set_number("--size", value, text::Unit::Bytes, 1, kMostBytes, options.size_bytes, errors);
     }},
    {"--count", "N", "the number of calls, or of messages in a stream; 0: until Ctrl-C (default 5)",
     [](Options& options, const char* value, std::FILE* errors) {
       return set_number("--count", value, text::Unit::Count, 0, std::numeric_limits<std::uint32_t>::max(),
                         options.count, errors);
     }},
    {"--interval", "MS", "the time between two calls or messages (default 1000; 0: none)",
     [](Options& options, const char* value, std::FILE* errors) {
       return set_number("--interval", value, text::Unit::Milliseconds, 0, kMostMs, options.interval_ms, errors);
     }},
    {"--mode", "MODE", "the method: reply, reply-stream, collect or chat of Echo, or health (default reply)",
     [](Options& options, const char* value, std::FILE* errors) {
       for (const ModeName& mode : kModes) {
         if (std::strcmp(mode.name, value) != 0) continue;
         options.mode = mode.mode;
         return true;
       }
       return report_error(errors, "--mode", "write reply, reply-stream, collect, chat or health");
     }},
    {"--deadline", "MS", "the deadline of a call including its connection (default 10000; for a stream none)",
     [](Options& options, const char* value, std::FILE* errors) {
       return set_number("--deadline", value, text::Unit::Milliseconds, 1, kMostMs, options.deadline_ms, errors);
     },
     true},
    {"--metadata", "NAME=VALUE", "send metadata (up to 16) and show what the server returns (bytes: NAME-bin=BASE64)",
     [](Options& options, const char* value, std::FILE* errors) {
       return add_metadata(options, "--metadata", value, '=', errors);
     },
     true},
    {"--timing", nullptr, "show the delays to the gateway, inside it and back separately",
     [](Options& options, const char*, std::FILE*) {
       options.timing = true;
       return true;
     }},
    {"--plot", "FILE.svg", "write a plot of the run",
     [](Options& options, const char* value, std::FILE*) {
       options.plot = value;
       return true;
     }},
    {"--tls-ca", "FILE.pem", "use TLS: authorities, one of which must have signed the server's certificate",
     [](Options& options, const char* value, std::FILE*) {
       options.tls.ca = value;
       return true;
     },
     true},
    {"--tls-cert", "FILE.pem", "the certificate of this device, for servers that require one",
     [](Options& options, const char* value, std::FILE*) {
       options.tls.certificate = value;
       return true;
     },
     true},
    {"--tls-key", "FILE.pem", "the key of --tls-cert",
     [](Options& options, const char* value, std::FILE*) {
       options.tls.key = value;
       return true;
     },
     true},
    {"--tls-server-name", "NAME", "the name that the server's certificate must contain (default: the host of --target)",
     [](Options& options, const char* value, std::FILE*) {
       options.tls.server_name = value;
       return true;
     },
     true},
    {"--tls-psk-file", "FILE", "use TLS with a pre-shared key: one line NAME KEY",
     [](Options& options, const char* value, std::FILE*) {
       options.tls.psk_file = value;
       return true;
     },
     true},
    {"--json", nullptr, "print one JSON object per line",
     [](Options& options, const char*, std::FILE*) {
       options.format = Format::Json;
       return true;
     }},
    {"--quiet", nullptr, "print only the summary",
     [](Options& options, const char*, std::FILE*) {
       options.format = Format::Quiet;
       return true;
     }},
    {"--text", nullptr, "print only the text of the answers",
     [](Options& options, const char*, std::FILE*) {
       options.format = Format::Text;
       return true;
     }},
};

const Flag* find_flag(std::string_view name, bool of_connection) {
  for (const Flag& flag : kFlags) {
    if (name == flag.name && (flag.of_connection || !of_connection)) return &flag;
  }
  return nullptr;
}

bool refuse_unknown(std::string_view argument, bool of_connection, std::FILE* errors) {
  const auto size = static_cast<int>(argument.size());
  if (!argument.starts_with('-')) {
    std::fprintf(errors, "mote-device: \"%.*s\" is not a flag: write --target HOST:PORT or --message TEXT\n", size,
                 argument.data());
    return false;
  }
  const char* nearest = of_connection ? "--deadline" : "--help";
  for (const Flag& flag : kFlags) {
    if (of_connection && !flag.of_connection) continue;
    if (text::typing_distance(argument, flag.name) < text::typing_distance(argument, nearest)) nearest = flag.name;
  }
  std::fprintf(errors, "mote-device: unknown flag %.*s, the nearest is %s\n", size, argument.data(), nearest);
  return false;
}

// Parses the first flag of `rest` and its value, and removes them.
bool take_flag(text::Arguments& rest, Options& options, bool of_connection, std::FILE* errors) {
  const text::Flag argument = text::take_flag(rest);
  const Flag* flag = find_flag(argument.name, of_connection);
  if (flag == nullptr) return refuse_unknown(argument.name, of_connection, errors);
  if (flag->placeholder == nullptr) {
    if (argument.value != nullptr) return report_error(errors, flag->name, "the flag has no value");
    return flag->set(options, nullptr, errors);
  }
  const char* value = argument.value != nullptr ? argument.value : text::take_value(rest);
  if (value == nullptr) return report_error(errors, flag->name, "the value is missing");
  return flag->set(options, value, errors);
}

bool check(Options& options, std::FILE* errors) {
  const ParsedTarget parsed = parse_target(options.target_text);
  if (!parsed.error.empty()) return report_error(errors, "--target", parsed.error);
  options.target = parsed.target;
  if (options.mode == Mode::Health && !options.message_given) options.message = {};
  if (options.size_bytes != 0 && options.message.empty())
    return report_error(errors, "--size", "the message is empty: there is no text to repeat");
  return check_tls(options, errors);
}

}  // namespace

const char* name(Mode mode) {
  return entry(mode).name;
}

const char* method(Mode mode) {
  return entry(mode).method;
}

bool check_tls(const Options& options, std::FILE* errors) {
  struct Given {
    const char* flag;
    const char* value;
  };
  const TlsOptions& tls = options.tls;
  const Given of_certificates[] = {{"--tls-ca", tls.ca},
                                   {"--tls-cert", tls.certificate},
                                   {"--tls-key", tls.key},
                                   {"--tls-server-name", tls.server_name}};
  for (const Given& given : of_certificates) {
    if (given.value == nullptr) continue;
    if (tls.psk_file != nullptr) return report_error(errors, given.flag, "not together with --tls-psk-file");
    if (tls.ca == nullptr) return report_error(errors, given.flag, "this needs --tls-ca too");
  }
  if (tls.certificate != nullptr && tls.key == nullptr)
    return report_error(errors, "--tls-cert", "this needs --tls-key too");
  if (tls.key != nullptr && tls.certificate == nullptr)
    return report_error(errors, "--tls-key", "this needs --tls-cert too");
  if (tls.ca != nullptr && tls.server_name == nullptr && options.target.host.empty())
    return report_error(errors, "--tls-ca", "a Unix socket has no name: this needs --tls-server-name too");
#ifndef MOTE_TLS
  if (tls.wanted())
    return report_error(errors, tls.ca != nullptr ? "--tls-ca" : "--tls-psk-file",
                        "this program was built without TLS (MOTE_TLS)");
#endif
  return true;
}

bool take_connection_flag(text::Arguments& rest, Options& options, std::FILE* errors) {
  if (std::strcmp(rest.front(), "-H") != 0) return take_flag(rest, options, true, errors);
  rest = rest.subspan(1);
  const char* value = text::take_value(rest);
  if (value == nullptr) return report_error(errors, "-H", "the value is missing");
  return add_metadata(options, "-H", value, ':', errors);
}

Action parse_options(std::span<const char* const> arguments, Options& options, std::FILE* errors) {
  for (const char* argument : arguments) {
    const std::string_view text(argument);
    if (text == "--help" || text == "-h") return Action::Help;
    if (text == "--version") return Action::Version;
  }
  for (text::Arguments rest = arguments; !rest.empty();) {
    if (!take_flag(rest, options, false, errors)) return Action::Refuse;
  }
  return check(options, errors) ? Action::Run : Action::Refuse;
}

void print_help(std::FILE* out) {
  constexpr int kColumn = 26;
  std::fputs(
      "Usage: mote-device [FLAGS]\n"
      "       mote-device COMMAND HOST ...\n\n"
      "Calls the Echo service of a gRPC server repeatedly and prints the latency, like ping.\n\n",
      out);
  for (const Flag& flag : kFlags) {
    const bool has_value = flag.placeholder != nullptr;
    const int written =
        std::fprintf(out, "  %s%s%s", flag.name, has_value ? " " : "", has_value ? flag.placeholder : "");
    std::fprintf(out, "%*s%s\n", kColumn - written, "", flag.help);
  }
  std::fputs(
      "  --help, --version       print this text or the version\n\n"
      "In the streaming modes, --count and --interval apply to the messages of the stream: reply-stream requests that\n"
      "number of replies, collect and chat send that number of messages. If a stream fails, a new stream continues "
      "with\n"
      "the remaining messages. health checks the server with grpc.health.v1, or the service that --message names.\n\n",
      out);
  print_explore_help(out);
  print_top_help(out);
  std::fputs("Exit codes: 0 all calls were answered, 1 some were not, 2 usage error.\n", out);
}

}  // namespace mote::tool
