#include "engine/lean/over_share.h"

#include <algorithm>

#include "engine/lean/connection.h"

namespace mote::lean {

namespace {

using engine::LimitId;

// Calls ended in one turn, so that the turn stays short. More follow in the next turn.
constexpr int kMostInTurn = 16;
// Connections compared to find the largest. An address with more of them has its largest found among so many at a time.
constexpr std::size_t kCompared = 64;
// Until a connection without a call that may end is asked again.
constexpr Time kAgain = kSettledCall / 4;

// Ends calls of `address` while `needed()`, and returns when to go on.
template <class Needed, class Amount>
Time end_calls_of(Core& core, AddressRow& address, LimitId limit, Time settled, Needed needed, Amount amount) {
  std::size_t compared = kCompared;
  for (int left = kMostInTurn; left != 0; --left) {
    if (!needed()) return left == kMostInTurn ? kNever : core.now;  // Another address may be above its quarter too.
    IdlePlace* place = address.connections.largest_of_next(
        compared, [amount](IdlePlace& one) -> std::size_t { return amount(connection_of(one)); });
    if (place == nullptr) return kNever;
    // The largest may have no call that may end while others have one: they are asked one by one.
    if (!connection_of(*place).end_call_for_others(limit, settled)) compared = 1;
  }
  return compared == kCompared ? core.now : core.now + kAgain;
}

Time end_calls(Core& core) {
  const Resource& calls = core.addresses.calls();
  if (core.free_calls() >= calls.reserve()) return kNever;
  AddressRow* address = core.addresses.above_share(calls, &AddressRow::calls);
  if (address == nullptr) return kNever;
  const auto needed = [&] { return core.free_calls() < calls.reserve() && address->calls > calls.quarter(); };
  const auto amount = [](const Connection& one) { return one.open_calls(); };
  return end_calls_of(core, *address, LimitId::MaxStreamsPerAddress, kSettledCall, needed, amount);
}

bool within_quarter(const Core& core, const AddressRow& address) {
  return address.exempt || address.blocks <= core.addresses.blocks().quarter();
}

// The first message that waits for the pool, of an address within its quarter; nullptr if there is none.
const StreamCall* message_that_waits(const Core& core) {
  const StreamCall* call = core.for_memory.first();
  while (call != nullptr && !(within_quarter(core, call->connection().share().address()) && call->waits_for_pool()))
    call = core.for_memory.after(*call);
  return call;
}

// Small blocks that should be free, in whole pages.
std::size_t wanted_blocks(const Core& core) {
  const Resource& blocks = core.addresses.blocks();
  const StreamCall* const call = message_that_waits(core);
  if (call == nullptr) return blocks.reserve();
  const AddressRow& address = call->connection().share().address();
  constexpr std::size_t kPage = BlockPool::kSmallInLarge;
  const std::size_t small = (call->small_to_admit() + kPage - 1) / kPage * kPage;
  const bool above = !address.exempt && address.blocks + small > blocks.quarter();
  return std::max<std::size_t>(blocks.reserve(), small + core.blocks_aside.left() + (above ? blocks.reserve() : 0));
}

// Nobody is above its quarter with a message that waits, but what the pool promises is more than the rest.
bool promises_are_too_many(const Core& core) {
  const StreamCall* const call = message_that_waits(core);
  const AddressRow& address = call->connection().share().address();
  return address.exempt || address.within_quarter_with(call->small_to_admit());
}

void note_wait(MemoryWait& wait, bool waits, Time now) {
  if (waits == (wait.began != kNever)) return;
  if (waits) {
    wait.again = wait.ended >= now - kWaitsAgain;
    wait.began = now;
  } else {
    wait.began = kNever;
    wait.ended = now;
  }
}

Time free_blocks(Core& core) {
  const Resource& blocks = core.addresses.blocks();
  MemoryWait& wait = core.memory_wait;
  note_wait(wait, message_that_waits(core) != nullptr, core.now);
  const bool waits = wait.began != kNever;
  core.addresses.others_need_blocks = waits || (wait.again && wait.ended > core.now - kSettledMemory);
  const auto reserve_free = [&] { return core.blocks.free_in_pages() >= blocks.reserve(); };
  if (reserve_free() && !waits) return kNever;
  const Time settled = waits && wait.again ? kSettledCall : kSettledMemory;
  const bool too_long = waits && core.now - wait.began >= settled;
  const Time again = waits ? core.now + kSettledCall : kNever;
  AddressRow* address = core.addresses.above_share(blocks, &AddressRow::blocks);
  if (address == nullptr) {
    if (too_long && promises_are_too_many(core)) core.large_windows.ask_all(core);
    return again;
  }
  const auto needed = [&] {
    if (address->blocks <= blocks.quarter()) return false;
    return !reserve_free() || core.blocks.free_in_pages() < wanted_blocks(core);
  };
  const auto amount = [](Connection& one) { return one.share().used(); };
  const LimitId limit = LimitId::BufferBytesPerAddress;
  return std::min(again, end_calls_of(core, *address, limit, too_long ? kSettledCall : settled, needed, amount));
}

}  // namespace

Time end_over_share_of_several(Core& core) {
  return std::min(end_calls(core), free_blocks(core));
}

}  // namespace mote::lean
