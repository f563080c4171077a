// mote-gateway: the lean engine with the services of this project.

#include <array>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "engine/address.h"
#include "engine/lean/engine.h"
#include "engine/log.h"
#include "gateway/configure.h"
#include "gateway/memory_report.h"
#include "services/echo.h"
#include "services/health.h"

namespace {

namespace engine = mote::engine;
namespace gateway = mote::gateway;
namespace lean = mote::lean;

constexpr int kCannotStart = 2;

void say(std::string_view text) {
  std::fprintf(stderr, "mote-gateway: %.*s\n", static_cast<int>(text.size()), text.data());
}

int serve(const gateway::Config& config) {
  const std::array services = {mote::services::echo(), mote::services::health()};
  std::vector<engine::Address> addresses;
  for (const std::string& text : config.listen)
    addresses.push_back(*engine::parse_address(text).address);  // configure() has checked it.

  engine::set_log_level(config.log_level);
  lean::Engine engine(config.limits, mote::rpc::ServiceTable(services));
  const std::string error = engine.start(addresses);
  if (!error.empty()) {
    say(error);
    return kCannotStart;
  }
  say(gateway::memory_report(config, lean::sizes()));
  for (const auto& listener : engine.listeners())
    say("ready on " + std::string(engine::AddressText(listener->address()).view()));
  engine.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  const gateway::Outcome outcome = gateway::configure(arguments.subspan(1), environ, lean::sizes());
  std::fputs(outcome.out.c_str(), stdout);
  std::fputs(outcome.err.c_str(), stderr);
  return outcome.config ? serve(*outcome.config) : outcome.exit_code;
}
