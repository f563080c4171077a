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
#include "gateway/passed_sockets.h"
#include "gateway/supervised.h"
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

int refuse(const std::string& error) {
  say(error);
  return kCannotStart;
}

int serve(const gateway::Config& config, gateway::Supervised& host) {
  const std::array services = {mote::services::echo(), mote::services::health()};
  const gateway::PassedSockets passed = gateway::passed_sockets(environ);
  if (!passed.error.empty()) return refuse(passed.error);
  std::vector<engine::Address> addresses;
  if (passed.descriptors.empty()) {
    for (const std::string& text : config.listen)
      addresses.push_back(*engine::parse_address(text).address);  // configure() has checked it.
  }

  lean::Engine engine(config.limits, mote::rpc::ServiceTable(services), host);
  const std::string error = engine.start(addresses, passed.descriptors);
  if (!error.empty()) return refuse(error);
  say(gateway::memory_report(config, lean::sizes()));
  for (const auto& listener : engine.listeners())
    say("ready on " + std::string(engine::AddressText(listener->address()).view()));
  host.tell_ready(engine::AddressText(engine.listeners().front()->address()).view());
  engine.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1);
  const gateway::Outcome outcome = gateway::configure(arguments, environ, lean::sizes());
  std::fputs(outcome.out.c_str(), stdout);
  std::fputs(outcome.err.c_str(), stderr);
  if (!outcome.config) return outcome.exit_code;
  engine::set_log_level(outcome.config->log_level);
  gateway::Supervised host(arguments, environ, lean::sizes());
  return serve(*outcome.config, host);
}
