#include "engine/lean/monitor/view.h"

#include <unistd.h>

#include <charconv>
#include <ctime>

#include "engine/log.h"

namespace mote::lean {

std::optional<Pool> pool(const MonitorView& view, std::size_t index) {
  const Core& core = view.core;
  const engine::Limits& limits = core.limits;
  switch (index) {
    case 0:
      return Pool{"connections", view.loop.connections,
                  std::uint64_t{limits.max_connections} + limits.reserved_connections};
    case 1:
      return Pool{"streams", core.calls.open_count() - core.reserved_calls, limits.max_streams};
    case 2:
      return Pool{"reserved-streams", core.reserved_calls, limits.reserved_streams};
    case 3: {
      const std::uint64_t all = core.addresses.blocks().total;
      return Pool{"blocks", all - core.blocks.free_small(), all};
    }
    case 4:
      return Pool{"addresses", core.addresses.used_rows(), limits.max_addresses};
    case 5:
      return Pool{"large-sockets", core.large_sockets.used(), limits.large_sockets};
    case 6:
      return Pool{"large-windows", core.large_windows.used(), limits.large_windows};
    case 7:
      return Pool{"closing-sockets", core.closing_sockets.used(), engine::kClosingSockets};
    case 8:
      return Pool{"http-connections", view.http_connections, limits.http_connections};
#ifdef MOTE_TLS
    case 9:
      if (view.handshakes == nullptr) return std::nullopt;
      return Pool{"tls-handshakes", view.handshakes->used(), view.handshakes->total()};
#endif
    default:
      return std::nullopt;
  }
}

// "SIZE RESIDENT ...", in pages. The file was opened before the sandbox, which allows no other.
std::uint64_t resident_bytes(const MonitorView& view) {
  std::array<char, 64> text{};
  if (::lseek(view.statm, 0, SEEK_SET) != 0) return 0;
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
