#include "gateway/program.h"

#include <array>
#include <cstdio>

#include "gateway/memory_report.h"
#include "gateway/process_report.h"
#include "services/echo.h"
#include "services/health.h"

namespace mote::gateway {

namespace {

constexpr int kCannotStart = 2;

void print_line(const Program& program, std::string_view text) {
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(program.name.size()), program.name.data(),
               static_cast<int>(text.size()), text.data());
}

}  // namespace

rpc::ServiceTable services() {
  static const std::array kServices = {services::echo(), services::health()};
  return rpc::ServiceTable(kServices);
}

std::vector<engine::Address> addresses_of(const Config& config, const PassedSockets& passed) {
  std::vector<engine::Address> addresses;
  if (!passed.descriptors.empty()) return addresses;
  for (const std::string& text : config.listen)
    addresses.push_back(*engine::parse_address(text).address);  // configure() has checked it.
  return addresses;
}

int refuse(const Program& program, std::string_view error) {
  print_line(program, error);
  return kCannotStart;
}

void report_ready(const Program& program, const Config& config, const std::vector<engine::Address>& addresses,
                  const Supervised& host) {
  print_line(program, memory_report(config, program.sizes));
  for (const engine::Address& address : addresses)
    print_line(program, "ready on " + std::string(engine::AddressText(address).view()));
  print_line(program, process_report(read_process()).view());
  host.report_ready(engine::AddressText(addresses.front()).view());
}

std::string services_text(const rpc::ServiceTable& table) {
  std::string text;
  for (const rpc::Service& service : table.services()) {
    std::string_view separator = ": ";
    text.append("  ").append(service.name);
    for (const rpc::Method& method : service.methods) {
      text.append(separator).append(method.path.substr(service.name.size() + 2));  // Behind "/SERVICE/".
      separator = ", ";
    }
    text.append("\n");
  }
  return text;
}

Outcome configure_and_print(Program program, const rpc::ServiceTable& table, std::span<const char* const> arguments) {
  const std::string services = services_text(table);
  program.services = services;
  Outcome outcome = configure(program, arguments, environ);
  std::fputs(outcome.out.c_str(), stdout);
  std::fputs(outcome.err.c_str(), stderr);
  return outcome;
}

}  // namespace mote::gateway
