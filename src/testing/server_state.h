// The content of a Server: the engine, its links, and the functions of Server::after().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "mote/testing/server.h"
#include "testing/link.h"
#include "testing/manual_engine.h"

namespace mote::testing {

class Server::State final : public ManualEngine {
 public:
  State(const engine::Limits& limits, std::span<const rpc::Service> services);
  ~State() { finish(); }

  [[nodiscard]] rpc::Time now() const { return core().now; }
  // A new link, or null: the server accepts no connection.
  Link* connect();
  // Runs turns and moves the time until `done` or `until`. Returns whether it is done.
  bool run(rpc::Time until, const std::function<bool()>& done);
  void after(rpc::Time time, std::function<void()> function) { later_.emplace(now() + time, std::move(function)); }

 private:
  void on_close(const lean::Connection& connection) override;
  // These return whether something happened.
  bool turn_all();
  bool turn_link(Link& link) const;
  bool call_due();
  [[nodiscard]] rpc::Time next_event() const;

  std::vector<std::unique_ptr<Link>> links_;
  std::multimap<rpc::Time, std::function<void()>> later_;
  bool in_turn_ = false;
};

}  // namespace mote::testing
