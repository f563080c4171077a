#include "engine/lean/over_share.h"

#include <algorithm>

#include "engine/lean/connection.h"

namespace mote::lean {

namespace {

using engine::LimitId;

// Calls ended in one turn, so that the turn stays short. More follow in the next turn.
constexpr int kMostInTurn = 16;

// The connection of an address for which `amount` is largest; null if the address has no connection.
template <class Amount>
Connection* largest(const AddressRow& address, Amount amount) {
  Connection* found = nullptr;
  for (IdlePlace* place = address.connections.first(); place != nullptr; place = address.connections.after(*place)) {
    Connection& other = connection_of(*place);
    if (found == nullptr || amount(other) > amount(*found)) found = &other;
  }
  return found;
}

Time end_calls(Core& core) {
  const Resource& calls = core.addresses.calls();
  for (int left = kMostInTurn; left != 0; --left) {
    if (core.free_calls() >= calls.reserve()) return kNever;
    AddressRow* address = core.addresses.above_share(calls, &AddressRow::calls);
    if (address == nullptr) return kNever;
    Connection* connection = largest(*address, [](const Connection& one) { return one.open_calls(); });
    if (connection == nullptr) return kNever;
    if (!connection->end_call_for_others(LimitId::MaxStreamsPerAddress)) return core.now + kSettledCall;
  }
  return core.now;
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
  for (int left = kMostInTurn; left != 0; --left) {
    const bool reserve_free = core.blocks.free_in_pages() >= blocks.reserve();
    if (reserve_free && core.for_memory.empty()) return kNever;
    AddressRow* address = core.addresses.above_share(blocks, &AddressRow::blocks);
    if (address == nullptr || (reserve_free && core.blocks.free_in_pages() >= wanted_blocks(core))) return kNever;
    Connection* connection = largest(*address, [](Connection& one) { return one.share().used(); });
    if (connection == nullptr) return kNever;
    if (!connection->end_call_for_others(LimitId::BufferBytesPerAddress)) return core.now + kSettledCall;
  }
  return core.now;
}

}  // namespace

Time end_over_share(Core& core) {
  if (core.addresses.alone()) return kNever;
  return std::min(end_calls(core), free_blocks(core));
}

}  // namespace mote::lean
