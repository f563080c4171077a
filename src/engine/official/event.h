// The tags that this engine passes to the completion queue of the library.
#pragma once

namespace mote::official {

class Event {
 public:
  // `ok` has the meaning that CompletionQueue::Next() of the library gives it for the operation.
  virtual void on_event(bool ok) = 0;

 protected:
  Event() = default;
  Event(const Event&) = default;
  Event& operator=(const Event&) = default;
  ~Event() = default;
};

// Calls one function of its owner, which must outlive it.
template <class Owner, void (Owner::*function)(bool ok)>
class EventFor final : public Event {
 public:
  explicit EventFor(Owner& owner) : owner_(owner) {}
  void on_event(bool ok) override { (owner_.*function)(ok); }

 private:
  Owner& owner_;
};

}  // namespace mote::official
