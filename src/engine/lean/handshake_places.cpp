#include "engine/lean/handshake_places.h"

#include "engine/lean/connection.h"

namespace mote::lean {

bool HandshakePlace::take() {
  if (held_) return true;
  if (!places_.allows(*address_)) {
    places_.waiting_.push(*this);
    return false;
  }
  places_.hold(*this);
  return true;
}

void HandshakePlace::release() {
  places_.waiting_.remove(*this);
  if (!held_) return;
  held_ = false;
  --address_->handshakes;
  ++places_.free_;
  HandshakePlace* next = places_.waiting_.first();
  while (next != nullptr && !places_.allows(*next->address_))
    next = places_.waiting_.after(*next);
  if (next == nullptr) return;
  places_.hold(*next);
  next->connection_.run_next_turn();
}

void HandshakePlaces::hold(HandshakePlace& place) {
  waiting_.remove(place);
  place.held_ = true;
  ++place.address_->handshakes;
  --free_;
}

}  // namespace mote::lean
