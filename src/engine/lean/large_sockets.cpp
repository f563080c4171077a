#include "engine/lean/large_sockets.h"

#include <algorithm>

#include "engine/lean/connection.h"
#include "engine/socket_buffers.h"

namespace mote::lean {

bool LargeSockets::grow(Connection& connection, const AddressTable& addresses) {
  AddressRow& address = connection.share().address();
  if (used_ == places_.size() && !shrink_one()) return false;
  if (!addresses.may_take(address, addresses.large_sockets(), address.large_sockets, 1, places_.size() - used_))
    return false;
  engine::grow_socket(connection.descriptor());
  ++address.large_sockets;
  places_[used_++] = &connection;
  return true;
}

// The kernel may still hold more than small buffers allow; then the place stays taken.
bool LargeSockets::shrink_one() {
  for (Connection* connection : places_.first(used_)) {
    if (!connection->rests() || !engine::shrink_socket(connection->descriptor(), limits_)) continue;
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
}

}  // namespace mote::lean
