#include "mote/testing/channel.h"

#include <algorithm>
#include <chrono>

#include "testing/link.h"
#include "testing/server_state.h"

namespace mote::testing {

Channel::Channel(Server& server)
    : server_(*server.state_),
      port_{.context = this,
            .connect = [](void* context, std::uint32_t /*deadline_ms*/) { return of(context).connect(); },
            .disconnect = [](void* context) { of(context).disconnect(); },
            .write = [](void* context, const std::uint8_t* bytes, std::size_t size,
                        std::uint32_t deadline_ms) { return of(context).write(bytes, size, deadline_ms); },
            .read = [](void* context, std::uint8_t* into, std::size_t room,
                       std::uint32_t deadline_ms) { return of(context).read(into, room, deadline_ms); },
            .now_ms = [](void* context) { return of(context).now_ms(); },
            .entropy = nullptr} {
}

Channel::~Channel() {
  if (link_ != nullptr) link_->cut();
  disconnect();
}

bool Channel::connected() const {
  return link_ != nullptr && !link_->closed();
}

void Channel::limit_bytes(std::size_t bytes_per_ms) {
  bytes_per_ms_ = bytes_per_ms;
  if (link_ != nullptr) link_->limit_bytes(bytes_per_ms);
}

void Channel::break_link() {
  if (link_ != nullptr) link_->cut();
}

bool Channel::connect() {
  disconnect();
  link_ = refuses_ ? nullptr : server_.connect();
  if (link_ != nullptr) link_->limit_bytes(bytes_per_ms_);
  return link_ != nullptr;
}

void Channel::disconnect() {
  if (link_ == nullptr) return;
  link_->close();
  link_ = nullptr;
  server_.run(server_.now(), [] { return false; });
}

bool Channel::write(const std::uint8_t* bytes, std::size_t size, std::uint32_t deadline_ms) {
  if (link_ == nullptr) return false;
  Bytes rest(bytes, size);
  const auto sent = [&] {
    if (!link_->closed()) rest = rest.subspan(link_->send(rest));
    return rest.empty() || link_->closed();
  };
  server_.run(time_of(deadline_ms), sent);
  server_.run(server_.now(), [] { return false; });
  return rest.empty() && !link_->closed();
}

int Channel::read(std::uint8_t* into, std::size_t room, std::uint32_t deadline_ms) {
  if (link_ == nullptr) return MOTE_PORT_CLOSED;
  if (!server_.run(time_of(deadline_ms), [&] { return link_->has_bytes(); })) return 0;
  const std::size_t size = link_->receive({into, room});
  return size == 0 ? MOTE_PORT_CLOSED : static_cast<int>(size);
}

std::uint32_t Channel::now_ms() const {
  return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::milliseconds>(server_.now()).count());
}

rpc::Time Channel::time_of(std::uint32_t deadline_ms) const {
  const std::int32_t left_ms = std::max(mote_left_ms(now_ms(), deadline_ms), 0);
  if (left_ms == 0) return server_.now();
  return std::chrono::floor<std::chrono::milliseconds>(server_.now()) + std::chrono::milliseconds(left_ms);
}

}  // namespace mote::testing
