#include "mote/testing/server.h"

#include <sys/epoll.h>

#include <algorithm>
#include <string>
#include <utility>

#include "services/health.h"
#include "testing/fail_test.h"
#include "testing/server_state.h"
#include "testing/setting_values.h"

namespace mote::testing {

namespace {

constexpr rpc::Time kUnixStart = std::chrono::seconds(1'735'689'600);
constexpr int kMostTurns = 1'000'000;

}  // namespace

Server::State::State(const engine::Limits& limits, std::span<const rpc::Service> services)
    : ManualEngine(limits, rpc::ServiceTable(services)) {
  core().unix_start = kUnixStart;
  if (const char* const error = start_services()) fail_test(std::string("a service cannot start: ") + error);
}

Link* Server::State::connect() {
  if (core().server.shutting_down || connections() == core().limits.max_connections) return nullptr;
  Link& link = *links_.emplace_back(std::make_unique<Link>());
  link.connection = &open(-1);
  link.connection->start(link);
  return &link;
}

bool Server::State::run(rpc::Time until, const std::function<bool()>& done) {
  if (in_turn_) fail_test("a handler waits for its own server");
  for (int turns = 0; !done();) {
    in_turn_ = true;
    const bool happened = turn_all();
    in_turn_ = false;
    if (++turns == kMostTurns) fail_test("the server does not become idle");
    if (happened || call_due()) continue;
    if (now() >= until) return done();
    set_now(std::min(until, next_event()));
    turns = 0;
  }
  return true;
}

bool Server::State::turn_all() {
  bool happened = turn();
  for (const auto& link : links_)
    happened = turn_link(*link) || happened;
  std::erase_if(links_, [](const auto& link) { return link->over(); });
  return happened || core().again != nullptr;
}

bool Server::State::turn_link(Link& link) const {
  bool happened = link.pass(now());
  if (link.connection == nullptr) return happened;
  const std::uint32_t events = link.connection->writable() ? EPOLLIN : EPOLLOUT;
  if (events == EPOLLIN ? link.readable() : link.writable()) {
    link.connection->on_events(events);
    happened = true;
  }
  return link.pass(now()) || happened;
}

void Server::State::on_close(const lean::Connection& connection) {
  for (const auto& link : links_) {
    if (link->connection != &connection) continue;
    link->connection = nullptr;
    link->shut_down();
  }
}

// Always later than now, so that time passes.
rpc::Time Server::State::next_event() const {
  rpc::Time next = next_due();
  if (!later_.empty()) next = std::min(next, later_.begin()->first);
  for (const auto& link : links_)
    next = std::min(next, link->next_pass());
  return std::max(next, now() + rpc::Time(1));
}

bool Server::State::call_due() {
  const auto first = later_.begin();
  if (first == later_.end() || first->first > now()) return false;
  const std::function<void()> function = first->second;
  later_.erase(first);
  function();
  return true;
}

Server::Server(std::span<const rpc::Service> services, std::span<const Setting> settings)
    : services_(services.begin(), services.end()) {
  services_.push_back(services::health());
  SettingValues values(settings);
  const engine::Limits limits = values.limits();
  for (const rpc::Service& service : services_) {
    if (service.configure != nullptr) service.configure(service.object, values);
  }
  values.finish();
  state_ = std::make_unique<State>(limits, services_);
}

Server::~Server() = default;

rpc::Time Server::now() const {
  return state_->now();
}

std::uint64_t Server::unix_us() const {
  return static_cast<std::uint64_t>((kUnixStart + now()).count());
}

void Server::settle() {
  advance(rpc::Time::zero());
}

void Server::advance(rpc::Time time) {
  state_->run(now() + time, [] { return false; });
}

void Server::after(rpc::Time time, std::function<void()> function) {
  state_->after(time, std::move(function));
}

void Server::shut_down() {
  state_->drain();
  settle();
}

std::size_t Server::open_calls() const {
  return state_->open_calls();
}

std::size_t Server::connections() const {
  return state_->connections();
}

}  // namespace mote::testing
