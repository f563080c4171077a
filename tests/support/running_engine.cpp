#include "support/running_engine.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "services/echo.h"
#include "services/health.h"
#include "support/cmocka_test.h"
#include "support/logged.h"

namespace mote::test {

namespace {

constexpr unsigned kMostSeconds = 60;

}  // namespace

// --- Script ---

void Script::on_alive(engine::Load /*load*/) {
  ++alive;
  if (next < steps.size() && steps[next]()) ++next;
  if (next != steps.size()) return;
  ++next;
  ::kill(::getpid(), SIGTERM);
}

void Script::on_drain(engine::Load load, std::chrono::seconds longest) {
  for (const std::size_t number :
       {load.connections.value_or(99), load.calls, static_cast<std::size_t>(longest.count())})
    drains += std::to_string(number) + ' ';
  at_drain();
}

std::optional<engine::Reload> Script::on_reload(MutableBytes /*access*/) {
  ++reloads;
  if (!reloaded) return std::nullopt;
  return engine::Reload{.limits = *reloaded};
}

// --- Engines ---

engine::Address address(const std::string& text) {
  return *engine::parse_address(text).address;
}

rpc::ServiceTable services() {
  static const std::array kServices = {services::echo(), services::health()};
  return rpc::ServiceTable(kServices);
}

std::string StoppedEngine::start(const std::string& path, std::span<const engine::AddressPrefix> trusted) {
  std::vector<engine::Address> addresses = {address("127.0.0.1:0")};
  if (!path.empty()) addresses.push_back(address("unix:" + path));
  return engine.start(addresses, {}, trusted);
}

std::unique_ptr<RawClient> StoppedEngine::connect(const char* source) const {
  const engine::Address to = engine.addresses().front();
  const engine::Address from = address(source);
  const int client = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(::bind(client, from.pointer(), from.length), 0);
  assert_int_equal(::connect(client, to.pointer(), to.length), 0);
  ::fcntl(client, F_SETFL, O_NONBLOCK);
  return std::make_unique<RawClient>(client);
}

std::unique_ptr<RawClient> StoppedEngine::connect_local() const {
  const engine::Address to = engine.addresses().back();
  const int client = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  assert_int_equal(::connect(client, to.pointer(), to.length), 0);
  return std::make_unique<RawClient>(client);
}

bool StoppedEngine::listens() const {
  const engine::Address to = engine.addresses().front();
  const int client = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = ::connect(client, to.pointer(), to.length) == 0;
  ::close(client);
  return connected;
}

std::string StoppedEngine::run() {
  return logged([this] {
    ::alarm(kMostSeconds);
    engine.run();
    ::alarm(0);
  });
}

RunningEngine::RunningEngine(const engine::Limits& limits, const std::string& path) : StoppedEngine(limits) {
  assert_string_equal(start(path).c_str(), "");
}

// --- Results ---

bool answered(RawClient& client, std::uint32_t stream) {
  client.receive();
  return client.answer(stream).ended;
}

bool hang_up(RawClient& client) {
  client.close();
  return true;
}

std::uint64_t number_of(const std::string& text, const std::string& key) {
  const std::size_t at = text.rfind(key);
  assert_true(at != std::string::npos);
  return std::stoull(text.substr(at + key.size()));
}

int exit_code_of(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  int status = -1;
  ::waitpid(child, &status, 0);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace mote::test
