#include "engine/lean/large_windows.h"

#include <algorithm>

#include "engine/lean/connection.h"

namespace mote::lean {

namespace {

// A connection without calls for so long does not need its place.
constexpr Time kUnused = std::chrono::seconds(1);
// After the memory of the pool was used up.
constexpr Time kShort = std::chrono::seconds(1);

bool needs_place(const Connection& connection) {
  return !connection.rests() || !connection.idle_for(kUnused);
}

// Others than those that wait for the share of their own connection.
bool messages_wait_for_pool(const Core& core) {
  for (const StreamCall* call = core.for_memory.first(); call != nullptr; call = core.for_memory.after(*call)) {
    if (call->waits_for_pool()) return true;
  }
  return false;
}

}  // namespace

void LargeWindows::take(Connection& connection, Core& core, bool needed) {
  AddressRow& address = connection.share().address();
  if (!connection.share().may_promise()) return;
  remove_late(core);
  if (needed && (used_ == places_.size() || !core.blocks_aside.may_promise())) make_room(address, core);
  const std::size_t free = places_.size() - used_;
  if (!core.addresses.may_take(address, core.addresses.large_windows(), address.large_windows, 1, free)) return;
  if (core.now < short_until_ || !core.blocks_aside.may_promise() || messages_wait_for_pool(core)) return;
  if (core.blocks.free_small() < core.blocks_aside.promises_left() + PoolAside::kPromise) return;
  if (!connection.has_large_socket && (needed || !core.large_sockets.full()))
    connection.has_large_socket = core.large_sockets.grow(connection, core.addresses);
  if (!connection.has_large_socket) return;
  connection.share().begin_promise();
  ++address.large_windows;
  places_[used_++] = {.connection = &connection, .asked_at = kNever, .upload_asked_at = kNever};
}

// Every place that is free keeps its promise.
void LargeWindows::take_upload(Connection& connection, Core& core) {
  BlockShare& share = connection.share();
  if (place_of(connection).asked_at != kNever || !share.may_promise(core.blocks_aside.upload_promise())) return;
  remove_late(core);
  core.large_sockets.end_uploads();
  const std::size_t places_left = places_.size() - used_;
  const std::size_t sockets_left = engine::usable_upload_windows(core.limits) - core.large_sockets.uploads();
  if ((sockets_left == 0 && !connection.has_upload_socket) || !core.blocks_aside.may_enlarge(places_left))
    make_room_for_upload(share.address(), core);
  if (core.now < short_until_ || !core.blocks_aside.may_enlarge(places_left) || messages_wait_for_pool(core)) return;
  const std::size_t more = core.blocks_aside.upload_promise() - PoolAside::kPromise;
  if (core.blocks.free_small() < core.blocks_aside.promises_left() + more) return;
  if (core.large_sockets.grow_for_upload(connection, core.addresses)) share.enlarge_promise();
}

void LargeWindows::ask_for_memory(const Connection& connection, const Core& core) {
  short_until_ = core.now + kShort;
  ask(connection, core);
}

void LargeWindows::ask_upload_for_memory(const Connection& connection, const Core& core) {
  short_until_ = core.now + kShort;
  ask_for_upload(place_of(connection), core);
}

void LargeWindows::ask_for_upload(Place& place, const Core& core) {
  if (place.upload_asked_at != kNever) return;
  place.upload_asked_at = core.now;
  place.connection->give_up_upload_window();
}

void LargeWindows::end_upload(Connection& connection) {
  place_of(connection).upload_asked_at = kNever;
  connection.upload_asked_for = false;
  connection.share().reduce_promise();
}

void LargeWindows::ask(const Connection& connection, const Core& core) {
  ask(place_of(connection), core);
}

void LargeWindows::ask_all_for_memory(const Core& core) {
  short_until_ = core.now + kShort;
  remove_late(core);
  if (!core.for_memory.empty()) {
    while (take_from_above_share(core.for_memory.first()->connection().share().address(), core)) {
    }
  }
  for (Place& place : places_.first(used_)) {
    if (!needs_place(*place.connection)) ask(place, core);
  }
}

void LargeWindows::ask_all(const Core& core) {
  short_until_ = core.now + kShort;
  remove_late(core);
  for (Place& place : places_.first(used_))
    ask(place, core);
}

void LargeWindows::ask(Place& place, const Core& core) {
  if (place.asked_at != kNever) return;
  place.asked_at = core.now;
  place.connection->give_up_window();
}

void LargeWindows::remove(Connection& connection) {
  place_of(connection) = places_[--used_];
  --connection.share().address().large_windows;
  connection.share().end_promise();
  connection.window_asked_for = false;
  connection.upload_asked_for = false;
}

LargeWindows::Place& LargeWindows::place_of(const Connection& connection) {
  return *std::find_if(places_.begin(), places_.end(),
                       [&](const Place& place) { return place.connection == &connection; });
}

void LargeWindows::remove_late(const Core& core) {
  for (std::size_t i = used_; i != 0; --i) {
    const Place& place = places_[i - 1];
    const bool upload_late =
        place.upload_asked_at != kNever && place.upload_asked_at + core.limits.settings_timeout <= core.now;
    if (place.asked_at != kNever && place.asked_at + core.limits.settings_timeout <= core.now) {
      remove(*place.connection);
    } else if (upload_late) {
      end_upload(*place.connection);
    }
  }
}

// One place is enough: it is free for the next message of the same size.
void LargeWindows::make_room(const AddressRow& address, const Core& core) {
  if (take_from_above_share(address, core)) return;
  for (const Place& place : places_.first(used_)) {
    if (place.asked_at != kNever) return;
  }
  Place* place = idle_longest([](const Connection& one) { return !needs_place(one); });
  if (place != nullptr) ask(*place, core);
}

// An upload window that nobody uses passes on with its place, which SETTINGS end; otherwise it passes on from an address above its
// quarter to one within it.
void LargeWindows::make_room_for_upload(const AddressRow& address, const Core& core) {
  for (const Place& place : places_.first(used_)) {
    if (place.connection->has_enlarged_promise() && (place.asked_at != kNever || place.upload_asked_at != kNever))
      return;
  }
  Place* unused = idle_longest([](const Connection& one) { return one.has_enlarged_promise() && !needs_place(one); });
  if (unused != nullptr) return ask(*unused, core);
  const Resource& windows = core.addresses.upload_windows();
  if (core.addresses.alone() || address.upload_sockets >= windows.quarter()) return;
  const AddressRow* other = core.addresses.above_share(windows, &AddressRow::upload_sockets);
  Place* place =
      idle_longest([&](Connection& one) { return one.has_enlarged_promise() && &one.share().address() == other; });
  if (place != nullptr) ask_for_upload(*place, core);
}

bool LargeWindows::take_from_above_share(const AddressRow& address, const Core& core) {
  const Resource& windows = core.addresses.large_windows();
  if (core.addresses.alone() || address.large_windows >= windows.quarter()) return false;
  const AddressRow* other = core.addresses.above_share(windows, &AddressRow::large_windows);
  const Place* place = idle_longest([&](Connection& one) { return &one.share().address() == other; });
  if (place == nullptr) return false;
  Connection& connection = *place->connection;
  remove(connection);
  connection.give_up_window();
  return true;
}

template <class Accepts>
LargeWindows::Place* LargeWindows::idle_longest(Accepts accepts) {
  Place* longest = nullptr;
  for (Place& place : places_.first(used_)) {
    if (!accepts(*place.connection)) continue;
    if (longest == nullptr || place.connection->idle_longer_than(*longest->connection)) longest = &place;
  }
  return longest;
}

}  // namespace mote::lean
