#include "mote/rpc/metadata.h"

#include "bytes/byte_reader.h"
#include "bytes/byte_writer.h"

namespace mote::rpc {

namespace {

constexpr std::size_t kEntryOverheadBytes = 4;
constexpr std::size_t kMaxStringBytes = 0xffff;

MetadataEntry take_entry(ByteReader& in) {
  const std::size_t name_size = in.take_u16();
  const std::size_t value_size = in.take_u16();
  const Bytes name = in.take(name_size);
  return {as_text(name), as_text(in.take(value_size))};
}

}  // namespace

MetadataEntry Metadata::Iterator::operator*() const {
  ByteReader in(rest_);
  return take_entry(in);
}

Metadata::Iterator& Metadata::Iterator::operator++() {
  ByteReader in(rest_);
  take_entry(in);
  rest_ = in.rest();
  if (rest_.empty()) {
    piece_ = piece_->next;
    start_piece();
  }
  return *this;
}

void Metadata::Iterator::start_piece() {
  if (piece_ != nullptr) rest_ = {piece_->data, piece_->size};
}

std::optional<std::string_view> Metadata::find(std::string_view name) const {
  for (const MetadataEntry entry : *this) {
    if (entry.name == name) return entry.value;
  }
  return std::nullopt;
}

std::size_t Metadata::packed_size(std::string_view name, std::string_view value) {
  return kEntryOverheadBytes + name.size() + value.size();
}

bool Metadata::pack(ByteWriter& out, std::string_view name, std::string_view value) {
  if (name.size() > kMaxStringBytes || value.size() > kMaxStringBytes) return false;
  if (out.room() < packed_size(name, value)) return false;
  out.u16(static_cast<std::uint16_t>(name.size()));
  out.u16(static_cast<std::uint16_t>(value.size()));
  out.text(name);
  out.text(value);
  return true;
}

}  // namespace mote::rpc
