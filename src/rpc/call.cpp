#include "mote/rpc/call.h"

#include "mote/rpc/server.h"

namespace mote::rpc {

void Call::finish(StatusCode code, const mote_bytes& message) {
  ComposedText text;
  text.add(message);
  finish(code, text.view());
}

Status Call::fail_with(StatusCode code, const ComposedText& text) {
  const Status status{code == StatusCode::Ok ? StatusCode::Unknown : code};
  finish(status.code, text.view());
  return status;
}

// --- Events ---

void Call::wait_for(Event& event) {
  if (event_ == &event) return;
  stop_waiting();
  event_ = &event;
  next_waiting_ = event.first_;
  if (next_waiting_ != nullptr) next_waiting_->previous_waiting_ = this;
  event.first_ = this;
}

void Call::stop_waiting() {
  if (event_ == nullptr) return;
  (previous_waiting_ == nullptr ? event_->first_ : previous_waiting_->next_waiting_) = next_waiting_;
  if (next_waiting_ != nullptr) next_waiting_->previous_waiting_ = previous_waiting_;
  event_ = nullptr;
  next_waiting_ = nullptr;
  previous_waiting_ = nullptr;
  wake_ = Time::max();
  due_ = false;
}

void Call::wake_waiting_at(Time time) {
  wake_ = time;
  if (!due_) wake_at(time);
}

// The call is woken through its timer, so that no handler runs inside another one.
Call* Call::notify() {
  if (!due_) {
    due_ = true;
    wake_at(now());
  }
  return next_waiting_;
}

bool Call::take_due() {
  const bool timed = wake_ <= now();
  if (!due_ && !timed) {
    // An engine has one timer for each call. It may have been used for an earlier notify().
    if (wake_ != Time::max()) wake_at(wake_);
    return false;
  }
  if (congested()) return false;  // on_ready() follows when the replies are sent.
  due_ = false;
  if (timed) {
    wake_ = Time::max();
  } else if (wake_ != Time::max()) {
    wake_at(wake_);
  }
  return true;
}

bool Call::take_shutdown() {
  if (shutdown_told_ || !server().shutting_down) return false;
  shutdown_told_ = true;
  return true;
}

Event::~Event() {
  while (first_ != nullptr)
    first_->stop_waiting();
}

void Event::notify() {
  for (Call* call = first_; call != nullptr;)
    call = call->notify();
}

}  // namespace mote::rpc
