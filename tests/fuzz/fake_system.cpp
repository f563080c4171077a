#include "fuzz/fake_system.h"

#include <sys/epoll.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "engine/clock.h"
#include "engine/lean/arena.h"
#include "engine/lean/peer.h"
#include "engine/lean/poison.h"
#include "engine/lean/poller.h"
#include "engine/lean/socket_stream.h"
#include "engine/listening_socket.h"
#include "engine/socket_buffers.h"

namespace mote::fuzz {

namespace {

constexpr int kSignals = -3;
System* system_now = nullptr;
// The memory of earlier systems, by size: new pages for every input would cost more than the rest of it.
std::map<std::size_t, std::vector<Memory>> spare;

}  // namespace

std::uint32_t Socket::ready_events() const {
  if (pollable == nullptr || engine_closed) return 0;
  if (broken) return EPOLLERR | EPOLLHUP | (watched & (EPOLLIN | EPOLLOUT));
  std::uint32_t events = 0;
  if (taken < arrived || (client_closed && arrived == to_engine.size())) events |= EPOLLIN;
  if (room != 0) events |= EPOLLOUT;
  events &= watched;
  if (client_closed && engine_shut_down) events |= EPOLLHUP;
  return events;
}

System& System::current() {
  return *system_now;
}

System::System(Input& input) : input_(input) {
  system_now = this;
}

System::~System() {
  system_now = nullptr;
  for (Memory& memory : memory_)
    spare[memory.size()].push_back(std::move(memory));
}

std::size_t System::connect() {
  sockets_.push_back(std::make_unique<Socket>());
  const std::size_t number = sockets_.size() - 1;
  backlog_.push_back(static_cast<int>(number));
  return number;
}

void System::stop() {
  stop_pending_ = true;
}

void System::report() {
  report_pending_ = true;
}

void System::listen(lean::Acceptor& acceptor, lean::Pollable& pollable) {
  acceptor_ = &acceptor;
  listener_ = &pollable;
}

void System::accept_all() {
  while (!backlog_.empty()) {
    const int descriptor = backlog_.front();
    backlog_.pop_front();
    acceptor_->accept(descriptor, {}, false);
  }
}

void System::handle(lean::SignalHandler& handler, lean::Pollable& pollable) {
  handler_ = &handler;
  signals_ = &pollable;
}

void System::handle_all() {
  if (std::exchange(report_pending_, false)) handler_->on_report_signal();
  if (std::exchange(stop_pending_, false)) handler_->on_stop_signal(SIGTERM);
}

std::span<const epoll_event> System::wait(std::span<epoll_event> events, int timeout_ms) {
  for (;;) {
    const std::size_t count = collect(events);
    quiet_ = count == 0 && timeout_ms != 0;
    if (!quiet_ && waits_++ < patience_) return events.first(count);
    waits_ = 0;
    if (input_.next(timeout_ms) == Input::Next::Return) return events.first(collect(events));
  }
}

std::size_t System::collect(std::span<epoll_event> events) const {
  std::size_t count = 0;
  const auto add = [&](lean::Pollable* pollable, std::uint32_t ready) {
    if (pollable == nullptr || ready == 0 || count == events.size()) return;
    events[count].events = ready;
    events[count++].data.ptr = pollable;
  };
  add(signals_, stop_pending_ || report_pending_ ? EPOLLIN : 0U);
  add(listener_, backlog_.empty() ? 0U : EPOLLIN);
  for (const auto& socket : sockets_)
    add(socket->pollable, socket->ready_events());
  return count;
}

std::span<std::uint8_t> System::take_memory(std::size_t size_bytes) {
  if (size_bytes > memory_left_) std::abort();
  memory_left_ -= size_bytes;
  std::vector<Memory>& fitting = spare[size_bytes];
  if (fitting.empty()) fitting.emplace_back(size_bytes);
  memory_.push_back(std::move(fitting.back()));
  fitting.pop_back();
  lean::unpoison(memory_.back().data(), size_bytes);
  std::fill(memory_.back().begin(), memory_.back().end(), std::uint8_t{0});
  return memory_.back();
}

}  // namespace mote::fuzz

// The functions of src/engine and src/engine/lean that call the kernel.
namespace mote::engine {

rpc::Time steady_clock() {
  return fuzz::System::current().now();
}

rpc::Time processor_time() {
  return steady_clock();
}

std::uint64_t wall_clock_us() {
  constexpr std::uint64_t kSomeDay = 1'700'000'000'000'000;
  return kSomeDay + static_cast<std::uint64_t>(steady_clock().count());
}

ListeningSocket::~ListeningSocket() {
  close();
}

void ListeningSocket::close() {
  fuzz::System::current().stop_listening();
}

bool set_socket_buffers(int /*descriptor*/, const Limits& /*limits*/) {
  return true;
}

void allow_upload_windows(int /*descriptor*/) {
}

void fix_receive_buffer(int /*descriptor*/) {
}

void grow_socket(int /*descriptor*/, std::uint32_t /*bytes*/) {
}

// The kernel may hold more than the smaller buffers allow.
bool shrink_upload_socket(int descriptor) {
  const fuzz::Socket& socket = fuzz::System::current().socket(static_cast<std::size_t>(descriptor));
  return socket.room != 0 && socket.taken == socket.arrived;
}

bool shrink_socket(int descriptor, const Limits& /*limits*/) {
  return shrink_upload_socket(descriptor);
}

bool holds_unsent(int /*descriptor*/) {
  return false;
}

void discard_unsent(int /*descriptor*/) {
}

std::string cannot_listen(const char* /*failed*/, const Address& /*address*/, int /*error*/) {
  return {};
}

std::string reserve_descriptors(std::uint32_t /*connections*/) {
  return {};
}

}  // namespace mote::engine

namespace mote::lean {

using fuzz::Socket;
using fuzz::System;

engine::Address peer_address(int /*descriptor*/) {
  return {};
}

engine::AddressText peer_text(int descriptor) {
  return engine::AddressText(peer_address(descriptor));
}

// All peers are one address, which is then alone and may use everything.
AddressKey key_of_peer(int /*descriptor*/, const engine::Address& /*peer*/) {
  return {};
}

std::optional<std::uint32_t> user_of_peer(int /*descriptor*/) {
  return std::nullopt;
}

// Each piece is a separate allocation, surrounded by forbidden bytes.
Arena::Arena(std::size_t size_bytes) {
  static std::uint8_t nothing = 0;
  memory_ = {&nothing, 1};
  System::current().promise_memory(size_bytes);
}

Arena::~Arena() {
  left_ = {};
}

std::span<std::uint8_t> Arena::take(std::size_t size_bytes) {
  return System::current().take_memory(size_bytes);
}

SocketStream::~SocketStream() {
  if (descriptor_ < 0) return;
  Socket& socket = System::current().socket(static_cast<std::size_t>(descriptor_));
  if (std::exchange(socket.engine_closed, true)) std::abort();
  socket.pollable = nullptr;
}

IoResult SocketStream::read(MutableBytes to) {
  Socket& socket = System::current().socket(static_cast<std::size_t>(descriptor_));
  if (to.empty()) std::abort();
  if (socket.broken) return {Io::Closed};
  const std::size_t size = std::min({to.size(), socket.piece, socket.arrived - socket.taken});
  if (size == 0) return {socket.client_closed && socket.taken == socket.to_engine.size() ? Io::Closed : Io::WouldBlock};
  std::copy_n(socket.to_engine.begin() + static_cast<std::ptrdiff_t>(socket.taken), size, to.begin());
  socket.taken += size;
  return {Io::Done, size};
}

IoResult SocketStream::read_parts(std::span<const MutableBytes> parts) {
  std::size_t room = 0;
  for (const MutableBytes part : parts) {
    if (part.empty()) std::abort();
    room += part.size();
  }
  std::vector<std::uint8_t> all(room);
  const IoResult result = read(all);
  auto from = all.begin();
  std::size_t left = result.size;
  for (const MutableBytes part : parts) {
    const std::size_t here = std::min(left, part.size());
    std::copy_n(from, here, part.begin());
    from += static_cast<std::ptrdiff_t>(here);
    left -= here;
  }
  return result;
}

IoResult SocketStream::write(Bytes from) {
  Socket& socket = System::current().socket(static_cast<std::size_t>(descriptor_));
  if (from.empty() || socket.engine_shut_down) std::abort();
  if (socket.broken) return {Io::Closed};
  const std::size_t size = std::min(from.size(), socket.room);
  if (size == 0) return {Io::WouldBlock};
  if (socket.room != SIZE_MAX) socket.room -= size;
  socket.to_client.insert(socket.to_client.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size));
  return {Io::Done, size};
}

IoResult SocketStream::write_parts(std::span<const Bytes> parts) {
  std::vector<std::uint8_t> all;
  for (const Bytes part : parts) {
    if (part.empty()) std::abort();
    all.insert(all.end(), part.begin(), part.end());
  }
  return write(all);
}

void SocketStream::shut_down() {
  System::current().socket(static_cast<std::size_t>(descriptor_)).engine_shut_down = true;
}

Poller::Poller() : descriptor_(0) {
}

Poller::~Poller() {
  descriptor_ = -1;
}

bool Poller::add(int descriptor, std::uint32_t events, Pollable& pollable) const {
  Socket& socket = System::current().socket(static_cast<std::size_t>(descriptor));
  socket.pollable = &pollable;
  socket.watched = events;
  return true;
}

void Poller::change(int descriptor, std::uint32_t events, Pollable& pollable) const {
  if (descriptor < 0) return;
  Socket& socket = System::current().socket(static_cast<std::size_t>(descriptor));
  socket.pollable = &pollable;
  socket.watched = events;
}

void Poller::remove(int descriptor) const {
  System::current().socket(static_cast<std::size_t>(descriptor)).pollable = nullptr;
}

std::span<const epoll_event> Poller::wait(std::span<epoll_event> events, int timeout_ms) const {
  return System::current().wait(events, timeout_ms);
}

const char* Listener::open(const Poller& /*poller*/) {
  System::current().listen(acceptor_, *this);
  return nullptr;
}

void Listener::resume(const Poller& /*poller*/) {
}

void Listener::watch(const Poller& /*poller*/, std::uint32_t /*events*/) {
}

void Listener::on_events(std::uint32_t /*events*/) {
  System::current().accept_all();
}

Signals::~Signals() {
  descriptor_ = -1;
}

bool Signals::open(const Poller& /*poller*/) {
  descriptor_ = fuzz::kSignals;
  System::current().handle(handler_, *this);
  return true;
}

void Signals::on_events(std::uint32_t /*events*/) {
  System::current().handle_all();
}

}  // namespace mote::lean
