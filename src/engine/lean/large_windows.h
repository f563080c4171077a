// The connections with large windows (large-windows): their calls may send http2::kLargeWindowBytes before any WINDOW_UPDATE,
// and the pool promises them memory for it (PoolAside).
//
// A place passes on in two steps, because a peer may use large windows until it acknowledges smaller ones. The connection is
// asked for its place and announces smaller windows in its next turn. It loses the place after the acknowledgement, when none
// of its messages waits for memory any more. One of an address above its quarter of the places loses it at once, and so does
// one that still has it after settings-timeout-ms: then what its peer may still send has no promise, and may find no
// memory.
//
// While such a connection sends messages above 64 KiB, it may have an upload window (upload-windows): its own window and that of
// the stream behind the message become upload-window-bytes, with a larger promise and larger socket buffers. When another
// address needs it, it is not refilled until the smaller promise suffices.
#pragma once

#include <cstddef>
#include <span>

#include "engine/lean/timer_heap.h"

namespace mote::lean {

class Connection;
struct AddressRow;
struct Core;

class LargeWindows {
 public:
  struct Place {
    Connection* connection;
    Time asked_at;         // kNever: it keeps the place.
    Time upload_asked_at;  // kNever: it keeps its upload window, if it has one.
  };

  // Uninitialised.
  explicit LargeWindows(std::span<Place> places) : places_(places) {}

  // Gives a connection a place, large socket buffers and a promise, if there are any for its address. `needed`: if not,
  // make_room() follows.
  void take(Connection& connection, Core& core, bool needed);
  // Gives a connection with a place an upload window, if there is one for its address.
  void take_upload(Connection& connection, Core& core);
  // A connection with a place is asked for it.
  void ask(const Connection& connection, const Core& core);
  // The same because the memory of the pool is used up: for a while no place is taken.
  void ask_for_memory(const Connection& connection, const Core& core);
  // The same for the upload window.
  void ask_upload_for_memory(const Connection& connection, const Core& core);
  // The same for all connections that do not need their places.
  void ask_all_for_memory(const Core& core);
  // The same for all connections.
  void ask_all(const Core& core);
  // Asks a connection that does not need its place for it.
  void make_room(const AddressRow& address, const Core& core);
  // The connection loses its upload window.
  void end_upload(Connection& connection);
  // The connection loses its place.
  void remove(Connection& connection);
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  // Of a connection that has one.
  [[nodiscard]] Place& place_of(const Connection& connection);
  void remove_late(const Core& core);
  bool take_from_above_share(const AddressRow& address, const Core& core);
  // The place of the connection that is idle longest among those that `accepts` accepts; nullptr if there is none.
  template <class Accepts>
  Place* idle_longest(Accepts accepts);
  static void ask(Place& place, const Core& core);
  void make_room_for_upload(const AddressRow& address, const Core& core);
  static void ask_for_upload(Place& place, const Core& core);

  std::span<Place> places_;
  std::size_t used_ = 0;
  Time short_until_{};
};

}  // namespace mote::lean
