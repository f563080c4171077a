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
Time end_calls_of(Core& core, AddressRow& address, LimitId limit, Needed needed, Amount amount) {
  std::size_t compared = kCompared;
  for (int left = kMostInTurn; left != 0; --left) {
    if (!needed()) return left == kMostInTurn ? kNever : core.now;  // Another address may be above its quarter too.
    IdlePlace* place = address.connections.largest_of_next(
        compared, [amount](IdlePlace& one) -> std::size_t { return amount(connection_of(one)); });
    if (place == nullptr) return kNever;
    // The largest may have no call that may end while others have one: they are asked one by one.
    if (!connection_of(*place).end_call_for_others(limit)) compared = 1;
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
  return end_calls_of(core, *address, LimitId::MaxStreamsPerAddress, needed, amount);
}

// Small blocks that should be free, in whole pages.
std::size_t wanted_blocks(Core& core) {
  const Resource& blocks = core.addresses.blocks();
  for (StreamCall* call = core.for_memory.first(); call != nullptr; call = core.for_memory.after(*call)) {
    const AddressRow& address = call->connection().share().address();
    const bool within = address.blocks <= blocks.quarter() || address.exempt;
    if (!within || !call->waits_for_pool()) continue;
    constexpr std::size_t kPage = BlockPool::kSmallInLarge;
    const std::size_t small = (call->small_to_admit() + kPage - 1) / kPage * kPage;
    const bool above = !address.exempt && address.blocks + small > blocks.quarter();
    return std::max<std::size_t>(blocks.reserve(), small + core.blocks_aside.left() + (above ? blocks.reserve() : 0));
  }
  return blocks.reserve();
}

Time free_blocks(Core& core) {
  const Resource& blocks = core.addresses.blocks();
  const auto reserve_free = [&] { return core.blocks.free_in_pages() >= blocks.reserve(); };
  if (reserve_free() && core.for_memory.empty()) return kNever;
  AddressRow* address = core.addresses.above_share(blocks, &AddressRow::blocks);
  if (address == nullptr) return kNever;
  const auto needed = [&] {
    if (address->blocks <= blocks.quarter()) return false;
    return !reserve_free() || core.blocks.free_in_pages() < wanted_blocks(core);
  };
  const auto amount = [](Connection& one) { return one.share().used(); };
  return end_calls_of(core, *address, LimitId::BufferBytesPerAddress, needed, amount);
}

}  // namespace

Time end_over_share(Core& core) {
  if (core.addresses.alone()) return kNever;
  return std::min(end_calls(core), free_blocks(core));
}

}  // namespace mote::lean
