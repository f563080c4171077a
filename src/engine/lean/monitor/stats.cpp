#include "engine/lean/monitor/stats.h"

#include "engine/lean/monitor/numbers.h"

namespace mote::lean {

namespace {

// Writes the items of one list or object, with commas.
class Items {
 public:
  Items(Cursor& cursor, ByteWriter& out) : cursor_(cursor), out_(out) {}

  void begin() {
    if (cursor_.written++ != 0) add_text(out_, ",");
    first_ = true;
  }
  // Names are ours; values have no character that JSON escapes: they are names of protocols, numbers and addresses.
  Items& text(std::string_view name, std::string_view value) {
    key(name);
    add_text(out_, "\"");
    add_text(out_, value);
    add_text(out_, "\"");
    return *this;
  }
  Items& number(std::string_view name, std::uint64_t value) {
    key(name);
    add_number(out_, value);
    return *this;
  }
  Items& seconds(std::string_view name, std::uint64_t microseconds) {
    key(name);
    add_seconds(out_, microseconds);
    return *this;
  }
  Items& raw(std::string_view name, std::string_view value) {
    key(name);
    add_text(out_, value);
    return *this;
  }
  // The next member is the first of a new object.
  Items& open(std::string_view text) {
    add_text(out_, text);
    first_ = true;
    return *this;
  }
  Items& close(std::string_view text) {
    add_text(out_, text);
    first_ = false;
    return *this;
  }
  template <class Numbers>
  Items& list(std::string_view name, const Numbers& numbers) {
    key(name);
    char before = '[';
    for (const std::uint64_t number : numbers) {
      add_text(out_, {&before, 1});
      add_number(out_, number);
      before = ',';
    }
    add_text(out_, "]");
    return *this;
  }

 private:
  void key(std::string_view name) {
    add_text(out_, first_ ? "\"" : ",\"");
    add_text(out_, name);
    add_text(out_, "\":");
    first_ = false;
  }

  Cursor& cursor_;
  ByteWriter& out_;
  bool first_ = true;
};

bool facts(const MonitorView& view, std::size_t item, Items& out) {
  if (item != 0) return false;
  std::array<std::uint64_t, kLatencyBounds.size()> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i)
    bounds[i] = microseconds(kLatencyBounds[i]);
  out.begin();
  out.text("program", view.program)
      .text("version", view.version)
      .seconds("uptime_s", microseconds(view.core.now - view.started))
      .raw("draining", view.core.server.shutting_down ? "true" : "false")
      .raw("web", view.web ? "true" : "false")
      .raw("memory", "")
      .open("{")
      .number("resident", resident_bytes(view))
      .number("worst_case", engine::worst_case_bytes(view.core.limits, view.sizes))
      .number("budget", view.memory_budget)
      .close("}")
      .seconds("cpu_s", microseconds(cpu_time()))
      .number("received_bytes", view.core.bytes_received)
      .number("sent_bytes", view.core.bytes_sent)
      .number("opened", view.loop.opened)
      .number("longest_turn_us", microseconds(view.loop.longest_turn))
      .list("bounds_us", bounds);
#ifdef MOTE_TLS
  if (view.tls != nullptr) {
    out.number("certificate_expires", view.tls->context->expires_at());
    return true;
  }
#endif
  out.raw("certificate_expires", "null");
  return true;
}

bool pools(const MonitorView& view, std::size_t item, Items& out) {
  const std::optional<Pool> found = pool(view, item);
  if (!found) return false;
  out.begin();
  out.open("{").text("name", found->name).number("used", found->used).number("capacity", found->capacity).close("}");
  return true;
}

bool methods(const MonitorView& view, std::size_t item, Items& out) {
  const auto rows = view.calls.rows();
  if (item >= rows.size()) return false;
  const MethodMetrics& row = rows[item];
  const bool own = row.method != nullptr;
  out.begin();
  out.open("{")
      .text("service", own ? row.service->name : "other")
      .text("method", own ? row.method->path.substr(row.service->name.size() + 2) : "other")
      .number("started", row.started)
      .raw("codes", "")
      .open("{");
  for (std::size_t code = 0; code < kStatusCodes; ++code) {
    if (row.ended[code] != 0) out.number(name(static_cast<StatusCode>(code)), row.ended[code]);
  }
  out.close("}").list("within", row.within).number("total_us", row.total_us).close("}");
  return true;
}

bool limits(const MonitorView& view, std::size_t item, Items& out) {
  const auto table = engine::limit_table();
  if (item >= table.size()) return false;
  const std::uint64_t count = table[item].routine ? 0 : limit_count(view, table[item].id);
  if (count == 0) return true;
  out.begin();
  out.open("{").text("name", table[item].name).number("count", count).close("}");
  return true;
}

bool refusals(const MonitorView& view, std::size_t item, Items& out) {
  const Refusal* refusal = view.refusals.newest(item);
  if (refusal == nullptr) return false;
  out.begin();
  out.open("{")
      .text("name", refusal->name)
      .text("peer", refusal->peer.view())
      .number("count", refusal->count)
      .seconds("ago_s", microseconds(view.core.now - refusal->at))
      .close("}");
  return true;
}

engine::FixedText<64> address_text(const AddressKey& key) {
  engine::FixedText<64> text;
  if (key.kind == AddressKey::Kind::User) return text.add("user ").add(key.value);
  if (key.kind == AddressKey::Kind::None) return text.add("unknown");
  const engine::AddressText address(address_of(key));
  text.add(address.view().substr(0, address.view().rfind(':')));  // Without the port.
  if (key.kind == AddressKey::Kind::Ipv6) text.add("/64");
  return text;
}

bool peers(const MonitorView& view, std::size_t item, Items& out, std::uint32_t written) {
  const auto rows = view.core.addresses.rows();
  if (item > rows.size() + 1 || written == kMostPeers) return false;
  const bool shared = item == rows.size();
  const bool exempt = item == rows.size() + 1;
  const AddressRow& row = shared   ? view.core.addresses.shared_row()
                          : exempt ? view.core.addresses.exempt_row()
                                   : rows[item];
  if (row.connection_count == 0) return true;
  out.begin();
  out.open("{")
      .text("address", shared   ? "others"
                       : exempt ? "trusted proxies"
                                : address_text(row.key).view())
      .number("connections", row.connection_count)
      .number("calls", std::uint64_t{row.calls} + row.reserved_calls)
      .number("blocks", row.blocks)
      .close("}");
  return true;
}

struct Part {
  std::string_view begin;
  std::string_view end;
  // Writes an item, or none. False: there is no such item.
  bool (*write)(const MonitorView& view, std::size_t item, Items& out);
};

constexpr Part kParts[] = {
    {"{", "", facts},
    {",\"pools\":[", "]", pools},
    {",\"methods\":[", "]", methods},
    {",\"limits\":[", "]", limits},
    {",\"refusals\":[", "]", refusals},
};
constexpr std::uint32_t kPeersPart = std::size(kParts);

}  // namespace

bool write_stats(const MonitorView& view, Cursor& cursor, ByteWriter& out) {
  for (std::size_t steps = 0; steps < kMostItems && out.room() >= kMostItemBytes; ++steps) {
    if (cursor.part > kPeersPart) return false;
    const bool last = cursor.part == kPeersPart;
    Items items(cursor, out);
    if (cursor.item == 0) add_text(out, last ? ",\"peers\":[" : kParts[cursor.part].begin);
    const bool more =
        last ? peers(view, cursor.item, items, cursor.written) : kParts[cursor.part].write(view, cursor.item, items);
    if (more) {
      ++cursor.item;
      continue;
    }
    add_text(out, last ? "]}\n" : kParts[cursor.part].end);
    cursor = {.part = cursor.part + 1};
  }
  return true;
}

}  // namespace mote::lean
