// Something that happens in a service and that calls wait for: a new reading, a changed setting.
//
//   struct Watch : WatchCall {
//     void on_message(const WatchRequest&) { wait_for(service().changed); }
//     void on_ready() { send(service().latest()); }       // after each notify(), once the peer has room
//   };
//   changed.notify();                                     // anywhere on the thread of the server
#pragma once

namespace mote::rpc {

class Call;

// Owned by a service; it uses no memory per call. A call waits for one event at a time, until it ends or stops waiting.
// For the thread of the server only: mote/rpc/loop.h has a Wakeup for other threads.
class Event {
 public:
  Event() = default;
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Has on_ready() called for each call that waits. Several notify() before that result in one on_ready().
  void notify();
  // Whether a call waits.
  [[nodiscard]] bool awaited() const { return first_ != nullptr; }

 private:
  friend class Call;

  Call* first_ = nullptr;
};

}  // namespace mote::rpc

namespace mote {
using rpc::Event;
}  // namespace mote
