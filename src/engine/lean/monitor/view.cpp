#include "engine/lean/monitor/view.h"

#include <unistd.h>

#include <charconv>
#include <ctime>

#include "engine/log.h"

namespace mote::lean {

namespace {

using PoolOf = Pool (*)(const MonitorView& view);

constexpr PoolOf kPools[] = {
    [](const MonitorView& view) {
      return Pool{"connections", view.loop.connections,
                  std::uint64_t{view.core.limits.max_connections} + view.core.limits.reserved_connections};
    },
    [](const MonitorView& view) {
      return Pool{"streams", view.core.calls.open_count() - view.core.reserved_calls, view.core.limits.max_streams};
    },
    [](const MonitorView& view) {
      return Pool{"reserved-streams", view.core.reserved_calls, view.core.limits.reserved_streams};
    },
    [](const MonitorView& view) {
      const std::uint64_t all = view.core.addresses.blocks().total;
      return Pool{"blocks", all - view.core.blocks.free_small(), all};
    },
    [](const MonitorView& view) {
      return Pool{"addresses", view.core.addresses.used_rows(), view.core.limits.max_addresses};
    },
    [](const MonitorView& view) {
      return Pool{"large-sockets", view.core.large_sockets.used(), view.core.limits.large_sockets};
    },
    [](const MonitorView& view) {
      return Pool{"large-windows", view.core.large_windows.used(), view.core.limits.large_windows};
    },
    [](const MonitorView& view) {
      return Pool{"closing-sockets", view.core.closing_sockets.used(), engine::kClosingSockets};
    },
    [](const MonitorView& view) {
      return Pool{"http-connections", view.http_connections, view.core.limits.http_connections};
    },
#ifdef MOTE_TLS
    [](const MonitorView& view) {
      return Pool{"tls-handshakes", view.handshakes->used(), view.handshakes->total()};
    },
#endif
};

std::size_t pool_count(const MonitorView& view) {
#ifdef MOTE_TLS
  return std::size(kPools) - (view.handshakes == nullptr ? 1 : 0);
#else
  (void)view;
  return std::size(kPools);
#endif
}

}  // namespace

std::optional<Pool> pool(const MonitorView& view, std::size_t index) {
  if (index >= pool_count(view)) return std::nullopt;
  return kPools[index](view);
}

// "SIZE RESIDENT ...", in pages. The file was opened before the sandbox, which allows no other.
std::uint64_t resident_bytes(const MonitorView& view) {
  std::array<char, 64> text{};
  if (view.statm < 0 || ::lseek(view.statm, 0, SEEK_SET) != 0) return 0;
  const ssize_t size = ::read(view.statm, text.data(), text.size());
  if (size <= 0) return 0;
  std::string_view fields(text.data(), static_cast<std::size_t>(size));
  fields.remove_prefix(std::min(fields.find(' ') + 1, fields.size()));
  std::uint64_t pages = 0;
  std::from_chars(fields.data(), fields.data() + fields.size(), pages);
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

Time cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::duration_cast<Time>(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

std::uint64_t limit_count(const MonitorView& view, engine::LimitId id) {
  return id == engine::LimitId::LogRate ? engine::log_gaps().suppressed : view.core.counters.of(id);
}

}  // namespace mote::lean
