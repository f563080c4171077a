#include "mote-device/explore.h"

#include <array>
#include <cstring>
#include <optional>

#include "mote-device/described_server.h"
#include "mote-device/dynamic_message.h"
#include "mote-device/escaped.h"
#include "mote-device/put_declaration.h"
#include "mote-device/target.h"
#include "text/flag.h"

namespace mote::tool {
namespace {

enum Exit : int { kOk = 0, kFailed = 1, kUsage = 2 };

constexpr std::uint32_t kTimeoutMs = 10'000;
constexpr std::size_t kMostArguments = 3;

struct Command {
  const char* name;
  const char* usage;
  const char* help;
  std::size_t least;  // Arguments.
  std::size_t most;
};

constexpr Command kCommands[] = {
    {"list", "list HOST [SERVICE]", "the services of a server, or the methods of a service", 1, 2},
    {"describe", "describe HOST [SYMBOL]", "the declaration of a service, method, message or enum, or of all services",
     1, 2},
    {"call", "call HOST SERVICE/METHOD [JSON]", "a unary or server-streaming call; prints each reply as JSON", 2, 3},
};

const Command* find_command(const char* word) {
  for (const Command& command : kCommands) {
    if (std::strcmp(command.name, word) == 0) return &command;
  }
  return nullptr;
}

struct Exploration {
  std::array<const char*, kMostArguments> arguments{};
  std::size_t count = 0;
  std::FILE* out = nullptr;
  std::FILE* errors = nullptr;

  [[nodiscard]] std::string_view argument(std::size_t index) const {
    return index < count ? std::string_view(arguments[index]) : std::string_view{};
  }
};

int refuse(const Exploration& what, std::string_view subject, std::string_view error) {
  std::fputs("mote-device: ", what.errors);
  put_line_text(subject, what.errors);
  if (!subject.empty()) std::fputs(": ", what.errors);
  put_line_text(error, what.errors);
  std::fputc('\n', what.errors);
  return kUsage;
}

// The server's answer, or the state of the connection.
int failed(const Exploration& what, const DescribedServer& server) {
  std::fputs("mote-device: ", what.errors);
  if (server.status() != MOTE_OK) std::fprintf(what.errors, "%s: ", mote_status_name(server.status()));
  put_line_text(server.error(), what.errors);
  std::fputc('\n', what.errors);
  return kFailed;
}

int not_declared(const Exploration& what, std::string_view name) {
  refuse(what, name, "the server does not describe it");
  return kFailed;
}

int list(const Exploration& what, DescribedServer& server) {
  const std::string_view name = what.argument(1);
  if (name.empty()) {
    const auto put = [](void* out, std::string_view service) {
      put_line_text(service, static_cast<std::FILE*>(out));
      std::fputc('\n', static_cast<std::FILE*>(out));
    };
    return server.list(put, what.out) ? kOk : failed(what, server);
  }
  if (!server.fetch(name)) return failed(what, server);
  const std::optional<Declaration> service = server.schema().find(name);
  if (!service || service->kind != Declaration::Kind::Service) return not_declared(what, name);
  Methods methods(*service);
  for (MethodInfo method; methods.take(method);) {
    put_line_text(name, what.out);
    std::fputc('/', what.out);
    put_line_text(method.name, what.out);
    std::fputc('\n', what.out);
  }
  return kOk;
}

bool put_symbol(const Exploration& what, DescribedServer& server, std::string_view name) {
  if (!server.fetch(name)) return failed(what, server) == kOk;
  const Schema& schema = server.schema();
  if (const std::optional<Declaration> found = schema.find(name)) {
    put_declaration(schema, name, *found, what.out);
    return true;
  }
  const std::size_t dot = name.rfind('.');
  const std::optional<Declaration> service =
      dot == std::string_view::npos ? std::nullopt : schema.find(name.substr(0, dot));
  if (service && service->kind == Declaration::Kind::Service) {
    if (const std::optional<MethodInfo> method = Schema::find_method(*service, name.substr(dot + 1))) {
      put_method(*method, what.out);
      return true;
    }
  }
  // A field or a value: what contains it.
  if (service) {
    put_declaration(schema, name.substr(0, dot), *service, what.out);
    return true;
  }
  return not_declared(what, name) == kOk;
}

int describe(const Exploration& what, DescribedServer& server) {
  if (what.count > 1) return put_symbol(what, server, what.argument(1)) ? kOk : kFailed;
  // The names of a response are gone with the next call.
  struct Names {
    std::array<char, 4096> letters{};
    std::size_t size = 0;
    bool all = true;
  } names;
  const auto remember = [](void* context, std::string_view name) {
    Names& known = *static_cast<Names*>(context);
    known.all = known.all && name.size() < known.letters.size() - known.size;
    if (!known.all) return;
    name.copy(&known.letters[known.size], name.size());
    known.size += name.size() + 1;
  };
  if (!server.list(remember, &names)) return failed(what, server);
  if (!names.all) return refuse(what, "describe", "the server has too many services: name one");
  for (std::size_t at = 0; at < names.size;) {
    const std::string_view name = &names.letters[at];
    if (!put_symbol(what, server, name)) return kFailed;
    at += name.size() + 1;
  }
  return kOk;
}

struct Replies {
  const Exploration& what;
  const Schema& schema;
  Declaration type;
};

int call(const Exploration& what, DescribedServer& server) {
  const std::string_view path = what.argument(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return refuse(what, path, "write SERVICE/METHOD");
  std::array<char, 1024> wire_path{};
  if (path.size() + 2 > wire_path.size()) return refuse(what, "SERVICE/METHOD", "the name is too long");
  wire_path[0] = '/';
  path.copy(&wire_path[1], path.size());

  const std::string_view service_name = path.substr(0, slash);
  if (!server.fetch(service_name)) return failed(what, server);
  const Schema& schema = server.schema();
  const std::optional<Declaration> service = schema.find(service_name);
  if (!service || service->kind != Declaration::Kind::Service) return not_declared(what, service_name);
  const std::optional<MethodInfo> method = Schema::find_method(*service, path.substr(slash + 1));
  if (!method) return not_declared(what, path);
  if (method->streams_requests) return refuse(what, path, "the method receives a stream, and call sends one message");
  const std::optional<Declaration> input = schema.find(method->input);
  const std::optional<Declaration> output = schema.find(method->output);
  if (!input || !output) return not_declared(what, input ? method->output : method->input);

  const std::string_view json = what.count > 2 ? what.argument(2) : "{}";
  if (!is_utf8(json)) return refuse(what, "JSON", "the text is not UTF-8");
  JsonEncoder encoder(schema, json);
  FieldWriter request(server.request_memory());
  if (!encoder.encode(*input, request)) {
    std::array<char, 32> place{};
    std::snprintf(place.data(), place.size(), "JSON, before byte %lu", static_cast<unsigned long>(encoder.position()));
    std::fprintf(what.errors, "mote-device: %s: ", place.data());
    put_line_text(encoder.subject(), what.errors);
    if (!encoder.subject().empty()) std::fputs(": ", what.errors);
    put_line_text(encoder.error(), what.errors);
    std::fputc('\n', what.errors);
    return kUsage;
  }
  Replies replies = {what, schema, *output};
  const auto put = [](void* context, Bytes message) {
    const Replies& to = *static_cast<Replies*>(context);
    put_message(to.schema, to.type, message, to.what.out);
    std::fflush(to.what.out);
  };
  return server.call(wire_path.data(), request.written(), put, &replies) == MOTE_OK ? kOk : failed(what, server);
}

}  // namespace

bool is_explore_command(const char* word) {
  return find_command(word) != nullptr;
}

int explore(std::span<const char* const> arguments, std::FILE* out, std::FILE* errors) {
  const Command& command = *find_command(arguments.front());
  Exploration what{.out = out, .errors = errors};
  static Options options;
  options.deadline_ms = kTimeoutMs;
  for (text::Arguments rest = arguments.subspan(1); !rest.empty();) {
    if (rest.front()[0] == '-') {
      if (!take_connection_flag(rest, options, errors)) return kUsage;
    } else if (what.count == command.most) {
      return refuse(what, command.name, command.usage);
    } else {
      what.arguments[what.count++] = rest.front();
      rest = rest.subspan(1);
    }
  }
  if (what.count < command.least) return refuse(what, command.name, command.usage);
  const ParsedTarget target = parse_target(what.argument(0));
  if (!target.error.empty()) return refuse(what, what.argument(0), target.error);
  options.target = target.target;
  if (!check_tls(options, errors)) return kUsage;
  static std::optional<DescribedServer> server;
  server.emplace(options);
  if (!server->has_memory()) return refuse(what, command.name, "there is not enough memory");
  if (!server->prepare(errors)) return kUsage;
  int exit_code = kUsage;
  if (&command == &kCommands[0]) exit_code = list(what, *server);
  if (&command == &kCommands[1]) exit_code = describe(what, *server);
  if (&command == &kCommands[2]) exit_code = call(what, *server);
  server.reset();
  return exit_code;
}

void print_explore_help(std::FILE* out) {
  constexpr int kColumn = 36;
  std::fputs("Commands for any gRPC server with reflection, without its .proto files:\n\n", out);
  for (const Command& command : kCommands)
    std::fprintf(out, "  %-*s%s\n", kColumn, command.usage, command.help);
  std::fputs(
      "\nEach with --deadline (default 10000), --metadata NAME=VALUE or -H 'NAME: VALUE', and the flags of TLS.\n\n",
      out);
}

}  // namespace mote::tool
