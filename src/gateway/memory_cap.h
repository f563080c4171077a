// The memory that the kernel lets this process have: memory.max of its control group and of the groups above it (cgroups(7)).
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "gateway/config.h"

namespace mote::gateway {

struct MemoryCap {
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();  // The maximum: nothing caps the process.
  std::string file;                                                 // Which sets it.
};

// The smallest cap. `groups` is the text of /proc/PID/cgroup, `root` the folder where the control groups are mounted. Reads
// version 2, and the memory controller of version 1.
MemoryCap find_memory_cap(std::string_view groups, const std::string& root);

// Of this process.
MemoryCap find_memory_cap();

// One line that tells what to change if the worst case of the limits and the program itself do not fit; otherwise empty.
// Effective configuration.
std::string over_cap(const Config& config, const engine::EngineSizes& sizes, const MemoryCap& cap);

}  // namespace mote::gateway
