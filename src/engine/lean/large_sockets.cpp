#include "engine/lean/large_sockets.h"

#include <algorithm>

#include "engine/lean/connection.h"
#include "engine/socket_buffers.h"

namespace mote::lean {

bool LargeSockets::grow(Connection& connection, const AddressTable& addresses) {
  AddressRow& address = connection.share().address();
  if (full() && !shrink_one()) return false;
  if (!addresses.may_take(address, addresses.large_sockets(), address.large_sockets, 1, places_.size() - used_))
    return false;
  engine::grow_socket(connection.descriptor(), engine::kLargeSocketBytes);
  ++address.large_sockets;
  places_[used_++] = &connection;
  return true;
}

bool LargeSockets::grow_for_upload(Connection& connection, const AddressTable& addresses) {
  if (connection.has_upload_socket) return true;
  AddressRow& address = connection.share().address();
  const std::size_t free = engine::usable_upload_windows(limits_) - uploads_;
  if (!addresses.may_take(address, addresses.upload_windows(), address.upload_sockets, 1, free)) return false;
  engine::grow_socket(connection.descriptor(), engine::upload_socket_bytes(limits_));
  connection.has_upload_socket = true;
  ++address.upload_sockets;
  ++uploads_;
  return true;
}

void LargeSockets::end_uploads() {
  for (Connection* connection : places_.first(used_)) {
    if (!connection->has_upload_socket || connection->share().enlarged()) continue;
    if (engine::shrink_upload_socket(connection->descriptor())) end_upload(*connection);
  }
}

void LargeSockets::end_upload(Connection& connection) {
  connection.has_upload_socket = false;
  --connection.share().address().upload_sockets;
  --uploads_;
}

// The kernel may still hold more than small buffers allow; then the place stays taken. Large windows need large buffers.
bool LargeSockets::shrink_one() {
  for (Connection* connection : places_.first(used_)) {
    if (!connection->rests() || connection->share().promised() ||
        !engine::shrink_socket(connection->descriptor(), limits_))
      continue;
    remove(*connection);
    connection->has_large_socket = false;
    return true;
  }
  return false;
}

void LargeSockets::remove(Connection& connection) {
  const auto used = places_.first(used_);
  const auto place = std::find(used.begin(), used.end(), &connection);
  *place = used.back();
  --used_;
  --connection.share().address().large_sockets;
  if (connection.has_upload_socket) end_upload(connection);
}

}  // namespace mote::lean
