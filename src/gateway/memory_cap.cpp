#include "gateway/memory_cap.h"

#include <algorithm>
#include <charconv>

#include "gateway/config_file.h"
#include "gateway/memory_report.h"

namespace mote::gateway {
namespace {

// Code, stack and page tables: 400 KiB of a gateway that serves are resident.
constexpr std::uint64_t kProgramBytes = std::uint64_t{1024} * 1024;

struct Group {
  std::string_view folder;  // Below the root: the controller of version 1.
  std::string_view path;    // "/system.slice/mote-gateway.service", "/"
  std::string_view file;
};

// A line is "HIERARCHY:CONTROLLERS:PATH". That of version 2 is "0::PATH".
std::optional<Group> parse_group(std::string_view line) {
  const std::size_t first = line.find(':');
  const std::size_t second = line.find(':', std::min(first + 1, line.size()));
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const std::string_view controllers = line.substr(first + 1, second - first - 1);
  const std::string_view path = line.substr(second + 1);
  if (controllers.empty()) return Group{.folder = "", .path = path, .file = "/memory.max"};
  if (controllers == "memory") return Group{.folder = "/memory", .path = path, .file = "/memory.limit_in_bytes"};
  return std::nullopt;
}

// "max" and a missing file are no cap.
std::optional<MemoryCap> read_cap(std::string file) {
  const TextFile read = read_text_file(file);
  if (!read.text) return std::nullopt;
  MemoryCap cap{.bytes = 0, .file = std::move(file)};
  const char* const end = read.text->data() + read.text->size();
  if (std::from_chars(read.text->data(), end, cap.bytes).ec != std::errc()) return std::nullopt;
  return cap;
}

void take_smaller(std::optional<MemoryCap>& smallest, std::optional<MemoryCap> other) {
  if (other && (!smallest || other->bytes < smallest->bytes)) smallest = std::move(other);
}

}  // namespace

std::optional<MemoryCap> find_memory_cap(std::string_view groups, const std::string& root) {
  std::optional<MemoryCap> smallest;
  while (!groups.empty()) {
    const std::size_t end = std::min(groups.find('\n'), groups.size());
    const std::optional<Group> group = parse_group(groups.substr(0, end));
    groups.remove_prefix(std::min(end + 1, groups.size()));
    if (!group) continue;
    // In a container the path may be that of the host; the cap is then that of the root.
    for (std::string_view path = group->path; !path.empty(); path = path.substr(0, path.rfind('/'))) {
      if (path != "/")
        take_smaller(smallest,
                     read_cap(root + std::string(group->folder) + std::string(path) + std::string(group->file)));
    }
    take_smaller(smallest, read_cap(root + std::string(group->folder) + std::string(group->file)));
  }
  return smallest;
}

std::optional<MemoryCap> find_memory_cap() {
  const TextFile groups = read_text_file("/proc/self/cgroup");
  return groups.text ? find_memory_cap(*groups.text, "/sys/fs/cgroup") : std::nullopt;
}

std::string over_cap(const Config& config, const engine::EngineSizes& sizes, const MemoryCap& cap) {
  const std::uint64_t worst = engine::worst_case_bytes(config.limits, sizes);
  if (worst + kProgramBytes <= cap.bytes) return {};
  const engine::LimitRow& largest = largest_cost(config.limits, sizes);
  return "warning: the worst case of the limits is " + readable_bytes(worst) + ", the program needs " +
         readable_bytes(kProgramBytes) + ", and " + cap.file + " allows " + readable_bytes(cap.bytes) +
         ": under load the kernel ends the gateway. Raise MemoryMax= of the unit or lower limits, the largest share "
         "is " +
         std::string(largest.name) + " " + cost_in_words(largest, config.limits, sizes);
}

}  // namespace mote::gateway
