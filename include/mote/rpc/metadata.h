// The custom metadata of a request (PROTOCOL-HTTP2.md, "Custom-Metadata"), in the order of arrival. Names may repeat.
//
//   for (const auto& [name, value] : call.metadata()) log(name, value);
//
// The entries are packed into pieces that the engine owns. Each entry is complete in one piece: u16 size of the name, u16
// size of the value, name, value. Values of names that end in "-bin" are base64, as on the wire; grpc_http2/binary_metadata.h
// decodes them.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>

#include "mote/bytes.h"
#include "mote/span.h"

namespace mote {
class ByteWriter;
}

namespace mote::rpc {

// One field of custom metadata.
struct MetadataEntry {
  // Lower case.
  std::string_view name;
  // Base64 when the name ends in "-bin".
  std::string_view value;
};

// The entries of a request, in their order. Owns nothing.
class Metadata {
 public:
  // Walks through the entries.
  class Iterator {
   public:
    // The first entry of a list of pieces.
    explicit Iterator(const mote_piece* piece) : piece_(piece) { start_piece(); }
    // The entry.
    MetadataEntry operator*() const;
    // Moves to the next entry.
    Iterator& operator++();
    // Whether the end is reached.
    bool operator==(std::default_sentinel_t) const { return rest_.empty(); }

   private:
    void start_piece();

    const mote_piece* piece_;
    Bytes rest_;  // The rest of the current piece.
  };

  Metadata() = default;
  // No piece may be empty.
  explicit Metadata(const mote_piece* packed) : packed_(packed) {}

  // Whether there is no entry.
  [[nodiscard]] bool empty() const { return packed_ == nullptr; }
  // The first entry.
  [[nodiscard]] Iterator begin() const { return Iterator(packed_); }
  // The end of the entries.
  static std::default_sentinel_t end() { return {}; }
  // The value of the first entry with that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

  // The number of bytes that pack() writes.
  [[nodiscard]] static std::size_t packed_size(std::string_view name, std::string_view value);
  // Appends an entry. Returns false and writes nothing if `out` is full, or if the name or the value is longer than
  // 65,535 bytes.
  [[nodiscard]] static bool pack(ByteWriter& out, std::string_view name, std::string_view value);

 private:
  const mote_piece* packed_ = nullptr;
};

}  // namespace mote::rpc
