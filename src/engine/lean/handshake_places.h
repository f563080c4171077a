// Who may do a TLS handshake: each takes memory (tls-handshakes). Connections that find no place wait in line.
//
// An address may always hold a quarter of the places, and more while a quarter of them stays free.
#pragma once

#include <cstddef>

#include "engine/lean/address_table.h"
#include "engine/lean/intrusive_queue.h"

namespace mote::lean {

class HandshakePlaces;

// The place of one connection, or its wait for one. Ends with the connection.
class HandshakePlace {
 public:
  HandshakePlace(HandshakePlaces& places, Connection& connection, AddressRow& address)
      : places_(places), connection_(connection), address_(&address) {}
  ~HandshakePlace() { release(); }
  HandshakePlace(const HandshakePlace&) = delete;
  HandshakePlace& operator=(const HandshakePlace&) = delete;

  // The address that the connection has from now on; before the first take().
  void count_for(AddressRow& address) { address_ = &address; }
  // Takes a place. False: it waits; Connection::run_again() is called when it has one.
  [[nodiscard]] bool take();
  // Gives the place to the next one that waits.
  void release();
  [[nodiscard]] bool held() const { return held_; }
  [[nodiscard]] bool waits() const { return link_.linked; }

 private:
  friend class HandshakePlaces;

  HandshakePlaces& places_;
  Connection& connection_;
  AddressRow* address_;
  QueueLink<HandshakePlace> link_;
  bool held_ = false;
};

class HandshakePlaces {
 public:
  explicit HandshakePlaces(std::size_t count) : total_(count), free_(count) {}
  [[nodiscard]] std::size_t total() const { return total_; }
  [[nodiscard]] std::size_t used() const { return total_ - free_; }

 private:
  friend class HandshakePlace;

  [[nodiscard]] std::size_t quarter() const { return quarter_of(total_); }
  [[nodiscard]] bool allows(const AddressRow& address) const {
    return free_ != 0 && (address.handshakes < quarter() || free_ > quarter());
  }
  void hold(HandshakePlace& place);

  std::size_t total_;
  std::size_t free_;
  IntrusiveQueue<HandshakePlace, &HandshakePlace::link_> waiting_;
};

}  // namespace mote::lean
