#include "gateway/program.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <new>

#include "engine/concat.h"
#include "engine/listening_socket.h"
#include "gateway/memory_cap.h"
#include "gateway/memory_report.h"
#include "gateway/process_report.h"
#include "services/health.h"
#include "services/reflection.h"

namespace mote::gateway {

namespace {

constexpr int kCannotStart = 2;

// No heap.
void print_line(const Program& program, std::string_view text) {
  const std::array<std::string_view, 4> parts = {program.name, ": ", text, "\n"};
  std::array<iovec, parts.size()> pieces{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): the kernel only reads it
    pieces[i] = {.iov_base = const_cast<char*>(parts[i].data()), .iov_len = parts[i].size()};
  }
  [[maybe_unused]] const ssize_t written = ::writev(STDERR_FILENO, pieces.data(), pieces.size());
}

Program starting{};

[[noreturn]] void end_without_memory() {
  engine::ListeningSocket::remove_files();
  refuse(starting, "there is not enough memory to start");
  ::_exit(kCannotStart);
}

}  // namespace

std::vector<rpc::Service> all_services(std::span<const rpc::Service> own_services) {
  const auto reflection = services::reflection();
  std::vector<rpc::Service> all(own_services.size() + 1 + reflection.size());
  auto next = std::ranges::copy(own_services, all.begin()).out;
  *next++ = services::health();
  std::ranges::copy(reflection, next);
  services::describe(all);
  return all;
}

std::span<const rpc::Service> served(std::span<const rpc::Service> all, const Config& config) {
  return config.reflection ? all : all.first(all.size() - services::kReflectionServices);
}

std::vector<engine::Address> addresses_of(const Config& config, const PassedSockets& passed) {
  std::vector<engine::Address> addresses;
  if (!passed.descriptors.empty()) return addresses;
  for (const std::string& text : config.listen)
    addresses.push_back(*engine::parse_address(text).address);  // configure() has checked it.
  return addresses;
}

std::vector<engine::AddressPrefix> trusted_proxies_of(const Config& config) {
  std::vector<engine::AddressPrefix> prefixes;
  for (const std::string& text : config.trusted_proxies)
    prefixes.push_back(*engine::AddressPrefix::parse(text));  // configure() has checked it.
  return prefixes;
}

int refuse(const Program& program, std::string_view error) {
  print_line(program, error);
  return kCannotStart;
}

void need_memory(const Program& program) {
  starting.name = program.name;
  std::set_new_handler(end_without_memory);
}

void end_need_of_memory() {
  std::set_new_handler(nullptr);
}

void open_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    // The lowest free number is that of the stream. Without /dev/null it stays closed.
    [[maybe_unused]] const int opened = ::open("/dev/null", O_RDWR);  // NOLINT(android-cloexec-open): as inherited ones
  }
}

void report_ready(const Program& program, const Config& config, const std::vector<engine::Address>& addresses,
                  const engine::Address* http, const Supervised& host) {
  // All memory is taken before the first line: a start without enough memory has one line, which says so.
  std::string lines = line_of(program, memory_report(config, program.sizes));
  const std::string warning = over_cap(config, program.sizes, find_memory_cap());
  if (!warning.empty()) lines += line_of(program, warning);
  for (const engine::Address& address : addresses)
    lines += line_of(program, engine::concat({"ready on ", engine::AddressText(address).view()}));
  if (http != nullptr)
    lines += line_of(program, engine::concat({"metrics on http ", engine::AddressText(*http).view()}));
  lines += line_of(program, process_report(read_process()).view());
  std::fputs(lines.c_str(), stderr);
  host.report_ready(engine::AddressText(addresses.front()).view());
}

void enter_sandbox(const Program& program, const Config& config, const sandbox::Sandbox& sandbox) {
  if (!config.sandbox) {
    print_line(program, "sandbox: off");
  } else if (sandbox::impossible()) {
    print_line(program, "sandbox: off, because this program has a sanitizer");
  } else {
    print_line(program, sandbox_text(sandbox.enter()).view());
  }
}

std::string services_text(const rpc::ServiceTable& table) {
  std::string text;
  for (const rpc::Service& service : table.services()) {
    std::string_view separator = ": ";
    text.append("  ").append(service.name);
    for (const rpc::Method& method : service.methods) {
      text.append(separator).append(method.path.substr(service.name.size() + 2));  // After "/SERVICE/".
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
