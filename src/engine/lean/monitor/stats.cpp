#include "engine/lean/monitor/stats.h"

#include "engine/lean/monitor/numbers.h"

namespace mote::lean {

namespace {

// Writes the items of a list or object, with commas.
class Items {
 public:
  Items(Cursor& cursor, ByteWriter& out) : cursor_(cursor), out_(out) {}

  [[nodiscard]] std::size_t item() const { return cursor_.item; }
  [[nodiscard]] std::uint32_t written() const { return cursor_.written; }
  // The next list of the document.
  Items& of(std::string_view name) {
    if (item() == 0) print(out_, ",\"$\":[", {name});
    return *this;
  }
  // An item, as in print(). Names are ours; values have no character that JSON escapes: they are names of protocols, numbers and
  // addresses.
  void add(std::string_view format, std::initializer_list<Shown> values) {
    if (cursor_.written++ != 0) add_text(out_, ",");
    more(format, values);
  }
  // Goes on with the item.
  void more(std::string_view format, std::initializer_list<Shown> values = {}) { print(out_, format, values); }
  template <class Numbers>
  void list(const Numbers& numbers) {
    std::string_view before = "[";
    for (const Shown number : numbers) {
      more("$$", {before, number});
      before = ",";
    }
    more("]");
  }

 private:
  Cursor& cursor_;
  ByteWriter& out_;
};

std::string_view name_of(bool value) {
  return value ? std::string_view("true") : std::string_view("false");
}

void facts(const MonitorView& view, Items& out) {
  out.add(
      "{\"program\":\"$\",\"version\":\"$\",\"uptime_s\":%,\"draining\":$,\"web\":$,\"memory\":{\"resident\":$,\"worst_"
      "case\":$,"
      "\"budget\":$},\"cpu_s\":%,\"received_bytes\":$,\"sent_bytes\":$,\"opened\":$,\"longest_turn_us\":$,\"bounds_"
      "us\":",
      {view.program, view.version, view.core.now - view.started, name_of(view.core.server.shutting_down),
       name_of(view.web), resident_bytes(view), engine::worst_case_bytes(view.core.limits, view.sizes),
       view.memory_budget, cpu_time(), view.core.bytes_received, view.core.bytes_sent, view.loop.opened,
       view.loop.longest_turn});
  out.list(kLatencyBounds);
  Shown expires = "null";
#ifdef MOTE_TLS
  if (view.tls != nullptr) expires = std::uint64_t{view.tls->context->expires_at()};
#endif
  out.more(",\"certificate_expires\":$", {expires});
}

bool pools(const MonitorView& view, Items& out) {
  const std::optional<Pool> found = pool(view, out.item());
  if (!found) return false;
  out.add("{\"name\":\"$\",\"used\":$,\"capacity\":$}", {found->name, found->used, found->capacity});
  return true;
}

bool methods(const MonitorView& view, Items& out) {
  const auto rows = view.calls.rows();
  if (out.item() == rows.size()) return false;
  const MethodMetrics& row = rows[out.item()];
  out.add("{\"service\":\"$\",\"method\":\"$\",\"started\":$,\"codes\":{",
          {row.service_name(), row.method_name(), row.started});
  std::string_view before;
  for (std::size_t code = 0; code < kStatusCodes; ++code) {
    if (row.ended[code] == 0) continue;
    out.more("$\"$\":$", {before, name(static_cast<StatusCode>(code)), row.ended[code]});
    before = ",";
  }
  out.more("},\"within\":");
  out.list(row.within);
  out.more(",\"total_us\":$}", {row.total_us});
  return true;
}

bool limits(const MonitorView& view, Items& out) {
  const auto table = engine::limit_table();
  if (out.item() == table.size()) return false;
  const engine::LimitRow& row = table[out.item()];
  const std::uint64_t count = row.routine ? 0 : limit_count(view, row.id);
  if (count != 0) out.add("{\"name\":\"$\",\"count\":$}", {row.name.view(), count});
  return true;
}

bool refusals(const MonitorView& view, Items& out) {
  const Refusal* refusal = view.refusals.newest(out.item());
  if (refusal == nullptr) return false;
  out.add("{\"name\":\"$\",\"peer\":\"$\",\"count\":$,\"ago_s\":%}",
          {refusal->name, refusal->peer.view(), refusal->count, view.core.now - refusal->at});
  return true;
}

engine::FixedText<64> address_text(const AddressKey& key) {
  engine::FixedText<64> text;
  if (key.kind == AddressKey::Kind::User) return text.add("user ").add(key.value);
  const engine::AddressText address(address_of(key));
  text.add(address.view().substr(0, address.view().rfind(':')));  // Without the port.
  if (key.kind == AddressKey::Kind::Ipv6) text.add("/64");
  return text;
}

bool peers(const MonitorView& view, Items& out) {
  const auto rows = view.core.addresses.rows();
  const std::size_t item = out.item();
  if (item > rows.size() + 1 || out.written() == kMostPeers) return false;
  const bool own = item < rows.size();
  const bool shared = item == rows.size();
  const AddressRow& row = own      ? rows[item]
                          : shared ? view.core.addresses.shared_row()
                                   : view.core.addresses.exempt_row();
  if (row.connection_count == 0) return true;
  const engine::FixedText<64> address = address_text(row.key);
  out.add(
      "{\"address\":\"$\",\"connections\":$,\"calls\":$,\"blocks\":$}",
      {own      ? address.view()
       : shared ? std::string_view("others")
                : std::string_view("trusted proxies"),
       std::uint64_t{row.connection_count}, std::uint64_t{row.calls} + row.reserved_calls, std::uint64_t{row.blocks}});
  return true;
}

constexpr std::uint32_t kParts = 6;

// Writes an item of a part of the document, or none. False: there are no more items.
bool write_item(const MonitorView& view, std::uint32_t part, Items& out) {
  switch (part) {
    case 0:
      facts(view, out);
      return false;
    case 1:
      return pools(view, out.of("pools"));
    case 2:
      return methods(view, out.of("methods"));
    case 3:
      return limits(view, out.of("limits"));
    case 4:
      return refusals(view, out.of("refusals"));
    default:
      return peers(view, out.of("peers"));
  }
}

}  // namespace

bool write_stats(const MonitorView& view, Cursor& cursor, ByteWriter& out) {
  for (std::size_t steps = 0; steps < kMostItems && out.room() >= kMostItemBytes; ++steps) {
    if (cursor.part == kParts) return false;
    Items items(cursor, out);
    if (write_item(view, cursor.part, items)) {
      ++cursor.item;
      continue;
    }
    if (cursor.part != 0) add_text(out, "]");  // The facts are members of the document, and the others are lists.
    cursor = {.part = cursor.part + 1};
    if (cursor.part == kParts) add_text(out, "}\n");
  }
  return true;
}

}  // namespace mote::lean
