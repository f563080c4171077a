// The connections whose socket buffers are large (large-sockets). All others have socket-receive-bytes and socket-send-bytes.
#pragma once

#include <cstddef>
#include <span>

#include "engine/lean/address_table.h"
#include "engine/limits.h"

namespace mote::lean {

class Connection;

class LargeSockets {
 public:
  // One place for each large socket; uninitialised.
  LargeSockets(std::span<Connection*> places, const engine::Limits& limits) : places_(places), limits_(limits) {}

  // Makes the buffers of a connection large if there is a place for its address. If all places are taken, a connection that
  // does not need its own gives it up.
  bool grow(Connection& connection, const AddressTable& addresses);
  [[nodiscard]] bool full() const { return used_ == places_.size(); }
  // Makes the large buffers of a connection larger for its uploads, if there is a place for its address (upload-windows).
  bool grow_for_upload(Connection& connection, const AddressTable& addresses);
  // Gives such places back of connections that do not need them any more. Until then the kernel may hold as much.
  void end_uploads();
  [[nodiscard]] std::size_t uploads() const { return uploads_; }
  // The connection closes.
  void remove(Connection& connection);
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  bool shrink_one();
  void end_upload(Connection& connection);

  std::span<Connection*> places_;
  const engine::Limits& limits_;
  std::size_t used_ = 0;
  std::size_t uploads_ = 0;
};

}  // namespace mote::lean
