#include "gzip/gzip.h"

#include <zlib.h>

#include <new>

namespace mote::gzip {

namespace {

// In zlib's functions: the format is that of gzip.
constexpr int kGzipFormat = 16;
// A compressor with the largest window would need 260 KiB.
constexpr int kDeflateWindowBits = 12;
constexpr int kDeflateMemoryLevel = 5;

constexpr std::size_t aligned(std::size_t bytes) {
  constexpr std::size_t kTo = alignof(std::max_align_t);
  return (bytes + kTo - 1) / kTo * kTo;
}

}  // namespace

Gzip::Gzip(MutableBytes memory)
    : memory_(memory.first(kMemoryBytes)), left_(memory_), stream_(new (memory_.data()) z_stream_s{}) {
}

void* Gzip::allocate(void* gzip, unsigned count, unsigned size) {
  return static_cast<Gzip*>(gzip)->take(std::size_t{count} * size).data();
}

// The next stream takes back the memory of the one before.
void Gzip::release(void* /*gzip*/, void* /*memory*/) {
}

// Empty if there is not enough, which kMemoryBytes rules out.
MutableBytes Gzip::take(std::size_t bytes) {
  if (aligned(bytes) > left_.size()) return {};
  const MutableBytes taken = left_.first(bytes);
  left_ = left_.subspan(aligned(bytes));
  return taken;
}

z_stream_s& Gzip::new_stream() {
  left_ = memory_.subspan(aligned(sizeof(z_stream_s)));
  *stream_ = {};
  stream_->zalloc = allocate;
  stream_->zfree = release;
  stream_->opaque = this;
  return *stream_;
}

// A stream that could not begin has no state, and each later step is Malformed.
void Gzip::begin_inflate() {
  (void)inflateInit2(&new_stream(), MAX_WBITS + kGzipFormat);
}

void Gzip::begin_deflate() {
  (void)deflateInit2(&new_stream(), Z_BEST_SPEED, Z_DEFLATED, kDeflateWindowBits + kGzipFormat, kDeflateMemoryLevel,
                     Z_DEFAULT_STRATEGY);
}

template <class Function>
Progress Gzip::run(ByteReader& in, ByteWriter& out, Function function) {
  // zlib does not write to the input.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  stream_->next_in = const_cast<std::uint8_t*>(in.rest().data());
  stream_->avail_in = static_cast<unsigned>(in.remaining());
  stream_->next_out = out.tail().data();
  stream_->avail_out = static_cast<unsigned>(out.room());
  const int result = function(*stream_);
  in.take(in.remaining() - stream_->avail_in);
  out.advance(out.room() - stream_->avail_out);
  if (result == Z_STREAM_END) return Progress::End;
  if (result != Z_OK && result != Z_BUF_ERROR) return Progress::Malformed;
  return stream_->avail_out == 0 ? Progress::NeedsRoom : Progress::NeedsInput;
}

Progress Gzip::inflate(ByteReader& in, ByteWriter& out) {
  return run(in, out, [](z_stream_s& stream) { return ::inflate(&stream, Z_NO_FLUSH); });
}

Progress Gzip::deflate(ByteReader& in, ByteWriter& out, bool last) {
  return run(in, out, [last](z_stream_s& stream) { return ::deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH); });
}

}  // namespace mote::gzip
