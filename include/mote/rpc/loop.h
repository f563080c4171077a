// The event loop of the server, as a service uses it: file descriptors, timers, and work from other threads. A service has
// these objects as members and adds them in on_start(), before the server is ready; nothing is allocated later.
//
//   class Plant : public plant::v1::TelemetryService<Plant> {
//    public:
//     const char* on_start(mote::Loop& loop) {
//       if (!loop.add(uart_, open_uart(), EPOLLIN)) return "cannot watch the UART";
//       loop.add(tick_);
//       tick_.wake_at(loop.now() + std::chrono::seconds(1));
//       return nullptr;                                          // or a text: the program ends with it
//     }
//    private:
//     void on_uart(std::uint32_t events);
//     void on_tick();
//     mote::Descriptor uart_ = mote::Descriptor::calls<&Plant::on_uart>(*this);
//     mote::Timer tick_ = mote::Timer::calls<&Plant::on_tick>(*this);
//   };
//
// Their functions run on the thread of the server, between the events of calls. They may notify an Event. They must not block.
#pragma once

#include <sched.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/rpc/time.h"

namespace mote {
namespace rpc {

class Loop;

// A file descriptor of the service. The service opens and closes it.
class Descriptor {
 public:
  // Calls a member function of `owner`, which outlives it, with the events of epoll_ctl(2).
  template <auto function, class Owner>
  [[nodiscard]] static Descriptor calls(Owner& owner) {
    return Descriptor(&owner,
                      [](void* object, std::uint32_t events) { (static_cast<Owner*>(object)->*function)(events); });
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  // The descriptor that was added, or -1.
  [[nodiscard]] int number() const { return number_; }
  // Waits for other events from now on; 0 for none. Returns false with errno if the kernel refuses it.
  bool change(std::uint32_t events);

 private:
  friend class Loop;
  friend class Wakeup;
  using Function = void (*)(void* owner, std::uint32_t events);

  Descriptor(void* owner, Function function) : owner_(owner), function_(function) {}

  void* owner_;
  Function function_;
  int poller_ = -1;
  int number_ = -1;
};

// A timer of the service.
class Timer {
 public:
  // Calls a member function of `owner`, which outlives it.
  template <auto function, class Owner>
  [[nodiscard]] static Timer calls(Owner& owner) {
    return Timer(&owner, [](void* object) { (static_cast<Owner*>(object)->*function)(); });
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Calls the function once at `time` or shortly after. A second wake_at() replaces the first.
  void wake_at(Time time) { due_ = time; }
  // Does not call the function.
  void stop() { due_ = Time::max(); }
  // When it is due; Time::max() if it is stopped.
  [[nodiscard]] Time due() const { return due_; }

 private:
  friend class Loop;
  using Function = void (*)(void* owner);

  Timer(void* owner, Function function) : owner_(owner), function_(function) {}

  void* owner_;
  Function function_;
  Time due_ = Time::max();
  Timer* next_ = nullptr;
};

// Wakes the thread of the server from another thread or from a signal handler.
class Wakeup {
 public:
  // Calls a member function of `owner`, which outlives it, on the thread of the server.
  template <auto function, class Owner>
  [[nodiscard]] static Wakeup calls(Owner& owner) {
    return Wakeup(&owner, [](void* object) { (static_cast<Owner*>(object)->*function)(); });
  }
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  // Has the function called soon. Several wake() before that result in one call. Any thread may call it, and a signal
  // handler; before the wakeup is added to a loop it has no effect.
  void wake() const;

 private:
  friend class Loop;
  using Function = void (*)(void* owner);

  Wakeup(void* owner, Function function) : owner_(owner), function_(function) {}
  void on_events(std::uint32_t events);

  void* owner_;
  Function function_;
  std::atomic<int> counter_{-1};  // An eventfd(2).
  Descriptor descriptor_ = Descriptor::calls<&Wakeup::on_events>(*this);
};

// A loop, until the server ends. For the thread of the server.
class Loop {
 public:
  Loop() = default;
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Watches a file descriptor for `events` (EPOLLIN, EPOLLOUT). Returns false with errno if the kernel refuses it.
  [[nodiscard]] bool add(Descriptor& descriptor, int number, std::uint32_t events);
  // Runs the timer from now on. It is stopped at first.
  void add(Timer& timer);
  // Opens the wakeup. Returns false with errno if the kernel refuses it.
  [[nodiscard]] bool add(Wakeup& wakeup);
  // The time at the start of this iteration of the event loop.
  [[nodiscard]] Time now() const { return now_; }

  // --- For the engine ---

  // Becomes readable when dispatch() has something to do. -1: no descriptor was added.
  [[nodiscard]] int descriptor() const { return poller_; }
  // Sets the time of now().
  void set_now(Time now) { now_ = now; }
  // Calls the functions of descriptors that are ready.
  void dispatch() const;
  // When run_timers() has something to do; Time::max(): never.
  [[nodiscard]] Time next_due() const { return timers_ == nullptr ? Time::max() : first_due(); }
  // Calls the functions of timers that are due.
  void run_timers() {
    if (timers_ != nullptr) run_due_timers();
  }

 private:
  bool open();
  [[nodiscard]] Time first_due() const;
  void run_due_timers();

  int poller_ = -1;
  Timer* timers_ = nullptr;
  Time now_{};
};

// Hands over items from other threads to the thread of the server, in order. It holds at most `kItems` items and uses no heap.
//
//   mote::Handover<Sample, 64> samples_ = mote::Handover<Sample, 64>::calls<&Plant::on_sample>(*this);
//   loop.add(samples_.wakeup());                       // in on_start()
//   samples_.push(sample);                             // on another thread; calls on_sample(const Sample&) on this one
template <class Item, std::size_t kItems>
class Handover {
  static_assert(std::is_trivially_copyable_v<Item>, "an item must be trivially copyable");

 public:
  // Calls a member function of `owner`, which outlives it, with each item, on the thread of the server.
  template <auto function, class Owner>
  [[nodiscard]] static Handover calls(Owner& owner) {
    return Handover(&owner, [](void* object, const Item& item) { (static_cast<Owner*>(object)->*function)(item); });
  }
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  // Copies an item. Returns false if there is no room: nothing was copied. Any thread may call it, but no signal handler.
  [[nodiscard]] bool push(const Item& item) {
    // Others hold it only while they copy one item.
    while (locked_.test_and_set(std::memory_order_acquire))
      ::sched_yield();
    const bool room = count_ != kItems;
    if (room) items_[(first_ + count_++) % kItems] = item;
    locked_.clear(std::memory_order_release);
    if (room) wakeup_.wake();
    return room;
  }
  // To be added to the loop.
  [[nodiscard]] Wakeup& wakeup() { return wakeup_; }

 private:
  using Function = void (*)(void* owner, const Item& item);

  Handover(void* owner, Function function) : owner_(owner), function_(function) {}

  // The server never waits for another thread.
  bool take(Item& item) {
    if (locked_.test_and_set(std::memory_order_acquire)) {
      wakeup_.wake();  // Tries again in the next iteration of the loop.
      return false;
    }
    const bool taken = count_ != 0;
    if (taken) {
      item = items_[first_];
      first_ = (first_ + 1) % kItems;
      --count_;
    }
    locked_.clear(std::memory_order_release);
    return taken;
  }

  void on_wakeup() {
    Item item;
    // At most as many as there is room for, so that a busy thread does not keep the server from its calls.
    for (std::size_t i = 0; i < kItems; ++i) {
      if (!take(item)) return;
      function_(owner_, item);
    }
    wakeup_.wake();
  }

  void* owner_;
  Function function_;
  std::atomic_flag locked_{};
  std::array<Item, kItems> items_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  Wakeup wakeup_ = Wakeup::calls<&Handover::on_wakeup>(*this);
};

}  // namespace rpc

using rpc::Descriptor;
using rpc::Handover;
using rpc::Loop;
using rpc::Timer;
using rpc::Wakeup;

}  // namespace mote
