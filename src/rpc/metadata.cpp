#include "rpc/metadata.h"

namespace mote::rpc {

namespace {

constexpr std::size_t kEntryOverheadBytes = 4;
constexpr std::size_t kMaxStringBytes = 0xffff;

MetadataEntry take_entry(wire::ByteReader& in) {
  const std::size_t name_size = in.take_u16();
  const std::size_t value_size = in.take_u16();
  const wire::Bytes name = in.take(name_size);
  return {wire::as_text(name), wire::as_text(in.take(value_size))};
}

}  // namespace

MetadataEntry Metadata::Iterator::operator*() const {
  wire::ByteReader in(rest_);
  return take_entry(in);
}

Metadata::Iterator& Metadata::Iterator::operator++() {
  wire::ByteReader in(rest_);
  take_entry(in);
  rest_ = in.rest();
  return *this;
}

std::optional<std::string_view> Metadata::find(std::string_view name) const {
  for (const MetadataEntry entry : *this) {
    if (entry.name == name) return entry.value;
  }
  return std::nullopt;
}

bool Metadata::pack(wire::ByteWriter& out, std::string_view name, std::string_view value) {
  if (name.size() > kMaxStringBytes || value.size() > kMaxStringBytes) return false;
  if (out.room() < kEntryOverheadBytes + name.size() + value.size()) return false;
  out.u16(static_cast<std::uint16_t>(name.size()));
  out.u16(static_cast<std::uint16_t>(value.size()));
  out.text(name);
  out.text(value);
  return true;
}

}  // namespace mote::rpc
