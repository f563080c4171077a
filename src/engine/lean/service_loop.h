// The loop of the services as a part of the engine's.
#pragma once

#include <sys/epoll.h>

#include "engine/lean/poller.h"
#include "engine/lean/timer_heap.h"
#include "mote/rpc/loop.h"
#include "mote/rpc/service_table.h"

namespace mote::lean {

class ServiceLoop final : public Pollable {
 public:
  // Starts the services. Null, or the error of the first that cannot start.
  [[nodiscard]] const char* start(const rpc::ServiceTable& services, const Poller& poller, Time now) {
    loop_.set_now(now);
    if (const char* const error = services.start(loop_)) return error;
    if (loop_.descriptor() < 0 || poller.add(loop_.descriptor(), EPOLLIN, *this)) return nullptr;
    return "cannot watch the descriptors of the services";
  }

  // To be called before the events of each iteration are handled.
  void set_now(Time now) { loop_.set_now(now); }
  [[nodiscard]] Time next_due() const { return loop_.next_due(); }
  // To be called before the timers of calls, which an event of a service may set.
  void run_timers() { loop_.run_timers(); }
  void on_events(std::uint32_t /*events*/) override { loop_.dispatch(); }

 private:
  rpc::Loop loop_;
};

}  // namespace mote::lean
