// gzip (RFC 1952) with zlib: one message at a time, in memory that is taken once.
//
//   gzip.begin_inflate();
//   while (gzip.inflate(in, out) == Progress::NeedsRoom) use(out);   // further input as it comes
//
//   gzip.begin_deflate();
//   gzip.deflate(in, out, last)                                      // the same
//
// Both use the same memory: a message is decompressed as a whole before its reply is compressed. Malformed is an error in the
// header, the data, the checksum or the length; bytes behind the end stay in `in`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bytes/byte_reader.h"
#include "bytes/byte_writer.h"
#include "mote/span.h"

struct z_stream_s;

namespace mote::gzip {

enum class Progress : std::uint8_t { NeedsInput, NeedsRoom, End, Malformed };

class Gzip {
 public:
  // To decompress: the window of 32 KiB that a peer may use, and zlib's state of 7 KiB.
  static constexpr std::size_t kMemoryBytes = std::size_t{40} * 1024 + 512;

  // `memory` has kMemoryBytes, aligned for any type, and outlives the object.
  explicit Gzip(MutableBytes memory);

  void begin_inflate();
  [[nodiscard]] Progress inflate(ByteReader& in, ByteWriter& out);

  void begin_deflate();
  // `last`: nothing follows `in`.
  [[nodiscard]] Progress deflate(ByteReader& in, ByteWriter& out, bool last);

  // Bytes of the memory that the message at hand has taken.
  [[nodiscard]] std::size_t used() const { return memory_.size() - left_.size(); }

 private:
  static void* allocate(void* gzip, unsigned count, unsigned size);
  static void release(void* gzip, void* memory);

  // Takes back all memory.
  z_stream_s& new_stream();
  MutableBytes take(std::size_t bytes);
  template <class Function>
  Progress run(ByteReader& in, ByteWriter& out, Function function);

  MutableBytes memory_;
  MutableBytes left_;
  z_stream_s* stream_;  // At the front of the memory.
};

}  // namespace mote::gzip
