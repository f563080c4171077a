// The common part of the programs of all engines: configuration, start, serving with or without a service manager, and exit
// codes. mote::serve() is one call of run().
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/address_sanitizer.h"
#include "engine/address.h"
#include "engine/address_prefix.h"
#include "gateway/configure.h"
#include "gateway/confine.h"
#include "gateway/passed_sockets.h"
#include "gateway/process_report.h"
#include "gateway/service_settings.h"
#include "gateway/settings.h"
#include "gateway/supervised.h"
#include "mote/rpc/service_table.h"

namespace mote::gateway {

// The services of the program, grpc.health.v1.Health and server reflection.
std::vector<rpc::Service> all_services(std::span<const rpc::Service> own_services);
// Those of all_services() that the configuration allows.
std::span<const rpc::Service> served(std::span<const rpc::Service> all, const Config& config);

// The addresses of config.listen; none if the service manager passed sockets.
std::vector<engine::Address> addresses_of(const Config& config, const PassedSockets& passed);

// The prefixes of config.trusted_proxies.
std::vector<engine::AddressPrefix> trusted_proxies_of(const Config& config);

// Prints one line to stderr, after the program's name. Returns the exit code of a program that cannot start.
int refuse(const Program& program, std::string_view error);

// Until end_need_of_memory(), the process ends with one line and the exit code of a program that cannot start when the heap is
// exhausted; nothing is left behind.
void need_memory(const Program& program);
// The program serves: an engine that uses the heap handles its exhaustion itself.
void end_need_of_memory();

// Opens /dev/null as every standard stream that is closed, so that no socket gets its number.
void open_standard_streams();

// Prints the worst case of memory, a warning if the kernel allows less, a line for each address that is ready, the one of metrics
// (nullptr: they are off), the number of threads and the resident memory. Notifies the service manager.
void report_ready(const Program& program, const Config& config, const std::vector<engine::Address>& addresses,
                  const engine::Address* http, const Supervised& host);

// One line for each service of `table`, with its methods.
std::string services_text(const rpc::ServiceTable& table);

// Calls configure() and prints its texts. The outcome has a configuration if the program is to serve.
Outcome configure_and_print(Program program, const rpc::ServiceTable& table, std::span<const char* const> arguments);

// Enters the sandbox if it is wanted, and prints a line about it. No heap: the gateway is ready.
void enter_sandbox(const Program& program, const Config& config, const sandbox::Sandbox& sandbox);

// Serves `table`. An Engine is constructed from limits, services and an engine::Host. Its start(addresses, sockets) returns
// an error or an empty text, addresses() the addresses of its listeners, and run() serves until it is stopped.
// kRunsInSandbox is false if it makes system calls that the sandbox does not allow.
template <class Engine>
int serve(const Program& program, const rpc::ServiceTable& table, Outcome& outcome, Supervised& host) {
  Config& config = *outcome.config;
  const PassedSockets passed = passed_sockets(environ);
  if (!passed.error.empty()) return refuse(program, passed.error);
  Engine engine(config.limits, table, host);
#ifdef MOTE_TLS
  if constexpr (Engine::kHasAccess) {
    engine.use_access(config.access.texts());
  } else {
    const std::string unsupported = unsupported_access(config);
    if (!unsupported.empty()) return refuse(program, unsupported);
  }
#endif
  if constexpr (Engine::kHasMonitor) {
    typename Engine::Http http{.sites = {.hosts = config.http_hosts, .origins = config.web_origins}};
    if (config.limits.http) {
      http.monitor = {.address = *engine::parse_address(config.http).address,
                      .version = program.version,
                      .memory_budget = config.memory_budget};
    }
    engine.use_http(http);
  } else if (config.limits.http) {
    return refuse(program, "this engine has no metrics (http): use mote-gateway");
  }
  if (!Engine::kHasGzip && config.limits.gzip) {
    return refuse(program, "this engine has no compression (gzip): use mote-gateway");
  }
  const std::string error = engine.start(addresses_of(config, passed), passed.descriptors, trusted_proxies_of(config));
  if (!error.empty()) return refuse(program, error);
  std::vector<std::string> files;  // That SIGHUP reads again.
  if (!outcome.config_file.empty()) files.push_back(outcome.config_file);
#ifdef MOTE_TLS
  config.access.wipe_keys();
  for (std::string& file : files_of(config))
    files.push_back(std::move(file));
#endif
  const engine::Address* http = nullptr;
  if constexpr (Engine::kHasMonitor) http = engine.monitor_address();
  const std::vector<engine::Address> addresses = engine.addresses();
  sandbox::Rules rules = sandbox_rules(files, addresses, table, http);
#ifdef MOTE_TLS
  if (config.limits.tls) rules.system_calls.push_back(SYS_getrandom);  // For handshakes.
#endif
  const sandbox::Sandbox sandbox(rules);
  const bool traced = read_process().traced;  // The sandbox does not allow to look it up.
  free_settings();
  report_ready(program, config, addresses, http, host);
  if constexpr (Engine::kRunsInSandbox) enter_sandbox(program, config, sandbox);
  end_need_of_memory();
  // AddressSanitizer's pages come back soon: its runtime library is in use all the time.
  host.allow_page_return(!traced && MOTE_ADDRESS_SANITIZER == 0);
  engine.run();
  return 0;
}

// Serves `own_services`, grpc.health.v1.Health and server reflection. `arguments` are without the program's name. Once in a program.
// Allocates nothing before need_memory().
template <class Engine>
int run(const Program& program, std::span<const rpc::Service> own_services, std::span<const char* const> arguments) {
  open_standard_streams();
  need_memory(program);
  const std::vector<rpc::Service> services = all_services(own_services);
  const std::string error = add_service_settings(services);
  if (!error.empty()) return refuse(program, error);
  Outcome outcome = configure_and_print(program, rpc::ServiceTable(services), arguments);
  if (!outcome.config) return outcome.exit_code;
  const rpc::ServiceTable table(served(services, *outcome.config));
  apply_service_settings(*outcome.config);
  engine::open_log();
  engine::set_log_level(outcome.config->log_level);
  engine::set_log_rate(outcome.config->limits.log_rate);
  Supervised host(program, arguments, environ);
  return serve<Engine>(program, table, outcome, host);
}

template <class Engine>
int run(const Program& program, std::span<const rpc::Service> own_services, int argc, char** argv) {
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  return run<Engine>(program, own_services, words.subspan(1));
}

}  // namespace mote::gateway
