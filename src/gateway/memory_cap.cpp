#include "gateway/memory_cap.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include "engine/concat.h"
#include "gateway/memory_report.h"
#include "gateway/text_file.h"

namespace mote::gateway {
namespace {

// Code, stack and page tables: 400 KiB of a gateway that serves are resident.
constexpr std::uint64_t kProgramBytes = std::uint64_t{1024} * 1024;
constexpr std::string_view kAdvice =
    ": under load the kernel ends the gateway. Raise MemoryMax= of the unit or lower limits, the largest share is ";
// A line is "HIERARCHY:CONTROLLERS:PATH".
constexpr std::string_view kVersion2 = "0::";
constexpr std::string_view kVersion1 = ":memory:";

// "max" and a missing file are no cap.
void take_if_smaller(const std::string& file, MemoryCap& cap) {
  const TextFile read = read_text_file(file);
  if (!read.text) return;
  std::uint64_t bytes = 0;
  const char* const end = std::to_address(read.text->end());
  if (std::from_chars(read.text->data(), end, bytes).ec == std::errc() && bytes < cap.bytes)
    cap = {.bytes = bytes, .file = file};
}

// The caps of the group `path` and of those above it, up to `folder`. In a container the path may be that of the host; the cap
// is then that of `folder`.
void take_all(std::string folder, std::string_view path, const char* file, MemoryCap& cap) {
  const std::size_t root = folder.size();
  folder += path;
  for (;;) {
    take_if_smaller(engine::concat({folder, file}), cap);
    if (folder.size() <= root) return;
    folder.resize(std::max(root, folder.rfind('/')));
  }
}

}  // namespace

MemoryCap find_memory_cap(std::string_view groups, const std::string& root) {
  MemoryCap cap;
  while (!groups.empty()) {
    const std::string_view line = groups.substr(0, groups.find('\n'));
    groups.remove_prefix(std::min(line.size() + 1, groups.size()));
    const std::size_t version1 = line.find(kVersion1);
    if (line.starts_with(kVersion2)) {
      take_all(root, line.substr(kVersion2.size()), "/memory.max", cap);
    } else if (version1 != std::string_view::npos) {
      take_all(engine::concat({root, "/memory"}), line.substr(version1 + kVersion1.size()), "/memory.limit_in_bytes",
               cap);
    }
  }
  return cap;
}

MemoryCap find_memory_cap() {
  const TextFile groups = read_text_file("/proc/self/cgroup");
  return groups.text ? find_memory_cap(*groups.text, "/sys/fs/cgroup") : MemoryCap{};
}

std::string over_cap(const Config& config, const engine::EngineSizes& sizes, const MemoryCap& cap) {
  const std::uint64_t worst = engine::worst_case_bytes(config.limits, sizes);
  if (worst + kProgramBytes <= cap.bytes) return {};
  const engine::LimitRow& largest = largest_cost(config.limits, sizes);
  return engine::concat({"warning: the worst case of the limits is ", readable_bytes(worst), ", the program needs ",
                         readable_bytes(kProgramBytes), ", and ", cap.file, " allows ", readable_bytes(cap.bytes),
                         kAdvice, largest.name, " ", cost_in_words(largest, config.limits, sizes)});
}

}  // namespace mote::gateway
