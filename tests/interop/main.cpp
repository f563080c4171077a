// mote-interop-server: the lean engine with grpc.testing.TestService, set up for its large messages. It takes the flags of
// mote-gateway, and of those that gRPC's test servers take --port=PORT (on 127.0.0.1) and --use_tls=false.

#include <array>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/address.h"
#include "engine/lean/engine.h"
#include "engine/log.h"
#include "gateway/configure.h"
#include "gateway/supervised.h"
#include "interop/test_service.h"
#include "services/health.h"

namespace {

namespace engine = mote::engine;
namespace gateway = mote::gateway;
namespace lean = mote::lean;

constexpr int kCannotStart = 2;
// large_unary sends 271,828 bytes and wants 314,159 back.
constexpr std::string_view kProfile = "--max-message-bytes=524288";

void say(std::string_view text) {
  std::fprintf(stderr, "mote-interop-server: %.*s\n", static_cast<int>(text.size()), text.data());
}

// Flags of gRPC's test servers as flags of the gateway; a later flag replaces one of the profile.
std::vector<std::string> translated(std::span<const char* const> arguments) {
  constexpr std::string_view kPort = "--port";
  std::vector<std::string> flags = {std::string(kProfile)};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--use_tls=false") continue;
    if (argument == kPort && i + 1 < arguments.size()) {
      flags.push_back("--listen=127.0.0.1:" + std::string(arguments[++i]));
    } else if (argument.starts_with("--port=")) {
      flags.push_back("--listen=127.0.0.1:" + std::string(argument.substr(kPort.size() + 1)));
    } else {
      flags.emplace_back(argument);
    }
  }
  return flags;
}

int serve(const gateway::Config& config, gateway::Supervised& host) {
  const std::array services = {mote::interop::test_service(), mote::services::health()};
  std::vector<engine::Address> addresses;
  for (const std::string& text : config.listen)
    addresses.push_back(*engine::parse_address(text).address);  // configure() has checked it.

  lean::Engine engine(config.limits, mote::rpc::ServiceTable(services), host);
  const std::string error = engine.start(addresses);
  if (!error.empty()) {
    say(error);
    return kCannotStart;
  }
  for (const auto& listener : engine.listeners())
    say("ready on " + std::string(engine::AddressText(listener->address()).view()));
  engine.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  const std::vector<std::string> flags = translated(arguments.subspan(1));
  std::vector<const char*> pointers;
  for (const std::string& flag : flags)
    pointers.push_back(flag.c_str());
  const gateway::Outcome outcome = gateway::configure(pointers, environ, lean::sizes());
  std::fputs(outcome.out.c_str(), stdout);
  std::fputs(outcome.err.c_str(), stderr);
  if (!outcome.config) return outcome.exit_code;
  engine::set_log_level(outcome.config->log_level);
  gateway::Supervised host(pointers, environ, lean::sizes());
  return serve(*outcome.config, host);
}
