// An operating system that the input controls: fake_system.cpp replaces the sockets, poller, clock, signals, listeners and memory
// of the lean engine, so that the engine itself runs unchanged and fast.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "engine/lean/listener.h"
#include "engine/lean/signals.h"
#include "mote/rpc/call.h"
#include "mote/span.h"

struct epoll_event;

namespace mote::fuzz {

// A connection between a client of the input and the engine. Its descriptor is its place in System::sockets().
struct Socket {
  std::vector<std::uint8_t> to_engine;
  std::size_t taken = 0;                // The part of to_engine that the engine has read.
  std::size_t arrived = 0;              // The part of to_engine that has arrived.
  std::size_t piece = SIZE_MAX;         // One read returns at most this.
  std::vector<std::uint8_t> to_client;  // Bytes that the client has not read.
  std::size_t room = SIZE_MAX;          // The bytes that the engine may still write.
  bool client_closed = false;           // After to_engine.
  bool broken = false;                  // Reading and writing fail.
  bool engine_shut_down = false;
  bool engine_closed = false;
  lean::Pollable* pollable = nullptr;
  std::uint32_t watched = 0;

  [[nodiscard]] std::uint32_t ready_events() const;
};

using Memory = std::vector<std::uint8_t>;

// The next action, when the engine waits.
class Input {
 public:
  enum class Next : std::uint8_t { Look, Return };  // Look: something may be ready. Return: time has passed.
  virtual Next next(int timeout_ms) = 0;

 protected:
  ~Input() = default;
};

class System {
 public:
  // The current system; there is at most one.
  static System& current();

  explicit System(Input& input);
  ~System();
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  // --- For the input ---

  // A client connects; returns its socket's number.
  std::size_t connect();
  [[nodiscard]] Socket& socket(std::size_t number) { return *sockets_[number]; }
  [[nodiscard]] std::size_t socket_count() const { return sockets_.size(); }
  void stop();
  void report();
  void pass(rpc::Time time) { now_ += time; }
  // The number of waits of the engine before the input is used again.
  void set_patience(unsigned waits) { patience_ = waits; }
  // The engine can only wait for the input or for time.
  [[nodiscard]] bool quiet() const { return quiet_; }

  // --- For the engine ---

  [[nodiscard]] rpc::Time now() const { return now_; }
  void listen(lean::Acceptor& acceptor, lean::Pollable& pollable);
  void stop_listening() { listener_ = nullptr; }
  void accept_all();
  void handle(lean::SignalHandler& handler, lean::Pollable& pollable);
  void handle_all();
  std::span<const epoll_event> wait(std::span<epoll_event> events, int timeout_ms);
  void promise_memory(std::size_t size_bytes) { memory_left_ = size_bytes; }
  std::span<std::uint8_t> take_memory(std::size_t size_bytes);

 private:
  std::size_t collect(std::span<epoll_event> events) const;

  Input& input_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::deque<int> backlog_;
  lean::Acceptor* acceptor_ = nullptr;
  lean::Pollable* listener_ = nullptr;
  lean::SignalHandler* handler_ = nullptr;
  lean::Pollable* signals_ = nullptr;
  bool stop_pending_ = false;
  bool report_pending_ = false;
  bool quiet_ = false;
  unsigned patience_ = 0;
  unsigned waits_ = 0;
  rpc::Time now_ = std::chrono::seconds(1000);
  std::vector<Memory> memory_;
  std::size_t memory_left_ = 0;
};

}  // namespace mote::fuzz
