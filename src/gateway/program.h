// What the programs of all engines do the same: they are configured, say what they take and where they are ready, serve
// under a service manager or without one, and exit with the same codes. Their main() is one line of run().
#pragma once

#include <unistd.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/address.h"
#include "gateway/configure.h"
#include "gateway/passed_sockets.h"
#include "gateway/supervised.h"
#include "mote/rpc/service_table.h"

namespace mote::gateway {

// Every service of the gateway.
rpc::ServiceTable services();

// Where config.listen says to listen; nowhere, where the service manager has passed sockets.
std::vector<engine::Address> addresses_of(const Config& config, const PassedSockets& passed);

// One line on stderr, behind the program's name. Returns the exit code of a program that cannot start.
int refuse(const Program& program, std::string_view error);

// The worst case of memory; then a line for each address that is ready; then how many threads there are and what is
// resident. The service manager is told too.
void report_ready(const Program& program, const Config& config, const std::vector<engine::Address>& addresses,
                  const Supervised& host);

// Configures, and prints what configure() has to say. Its outcome has a configuration where there is something to serve.
Outcome configure_and_print(const Program& program, std::span<const char* const> arguments);

// Serves `table`. `Engine` is made of limits, services and an engine::Host; start(addresses, sockets) returns an error or nothing,
// addresses() where it listens, and run() when it is over.
template <class Engine>
int serve(const Program& program, const rpc::ServiceTable& table, const Config& config, Supervised& host) {
  const PassedSockets passed = passed_sockets(environ);
  if (!passed.error.empty()) return refuse(program, passed.error);
  Engine engine(config.limits, table, host);
  const std::string error = engine.start(addresses_of(config, passed), passed.descriptors);
  if (!error.empty()) return refuse(program, error);
  report_ready(program, config, engine.addresses(), host);
  engine.run();
  return 0;
}

// `arguments` without the program's name.
template <class Engine>
int run(const Program& program, const rpc::ServiceTable& table, std::span<const char* const> arguments) {
  const Outcome outcome = configure_and_print(program, arguments);
  if (!outcome.config) return outcome.exit_code;
  engine::set_log_level(outcome.config->log_level);
  Supervised host(program, arguments, environ);
  return serve<Engine>(program, table, *outcome.config, host);
}

template <class Engine>
int run(const Program& program, int argc, char** argv) {
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  return run<Engine>(program, services(), words.subspan(1));
}

}  // namespace mote::gateway
