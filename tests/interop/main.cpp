// mote-interop-server: the lean engine with grpc.testing.TestService, configured for its large messages. It accepts the flags of
// mote-gateway, and two flags of gRPC's test servers: --port=PORT (on 127.0.0.1) and --use_tls=false.

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/lean/engine.h"
#include "gateway/program.h"
#include "interop/test_service.h"

namespace {

// large_unary sends 271,828 bytes and requests 314,159.
constexpr std::string_view kProfile = "--max-message-bytes=524288";

// Converts flags of gRPC's test servers to flags of the gateway; a later flag replaces one of the profile.
std::vector<std::string> translated(std::span<const char* const> arguments) {
  constexpr std::string_view kPort = "--port";
  std::vector<std::string> flags = {std::string(kProfile)};
#ifdef MOTE_GZIP
  flags.emplace_back("--gzip=on");  // For the cases of compression.
#endif
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

}  // namespace

int main(int argc, char** argv) {
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  const std::vector<std::string> flags = translated(words.subspan(1));
  std::vector<const char*> pointers;
  pointers.reserve(flags.size());
  for (const std::string& flag : flags)
    pointers.push_back(flag.c_str());
  const std::array services = {mote::interop::test_service()};
  return mote::gateway::run<mote::lean::Engine>({"mote-interop-server", mote::lean::sizes()}, services, pointers);
}
