// Any bytes as a compressed stream, and as what is to be compressed, in pieces of any size: the sizes change nothing, what was
// compressed comes back, and the memory suffices.
//
// Input: u8 size of the pieces, and the bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fuzz/check.h"
#include "gzip/gzip.h"

namespace {

using namespace mote;
using mote::fuzz::check;
using mote::gzip::Gzip;
using mote::gzip::Progress;

constexpr std::size_t kMostBytes = 1 << 20;

struct Result {
  Progress progress = Progress::NeedsInput;
  std::vector<std::uint8_t> bytes{};
  std::size_t left = 0;  // Of the input.

  bool operator==(const Result&) const = default;
};

template <class Step>
Result run(Bytes input, std::size_t piece, Step step) {
  Result result;
  std::vector<std::uint8_t> room(piece);
  do {
    ByteReader in(input.first(std::min(piece, input.size())));
    input = input.subspan(in.remaining());
    do {
      ByteWriter out(room);
      result.progress = step(in, out, input.empty());
      const Bytes written = out.written();
      result.bytes.insert(result.bytes.end(), written.begin(), written.end());
    } while (result.progress == Progress::NeedsRoom && result.bytes.size() < kMostBytes);
    result.left = in.remaining() + input.size();
  } while (result.progress == Progress::NeedsInput && !input.empty());
  return result;
}

Result inflate(Gzip& gzip, Bytes input, std::size_t piece) {
  gzip.begin_inflate();
  Result result = run(input, piece, [&](ByteReader& in, ByteWriter& out, bool) { return gzip.inflate(in, out); });
  check(gzip.used() <= Gzip::kMemoryBytes);
  return result;
}

Result deflate(Gzip& gzip, Bytes input, std::size_t piece) {
  gzip.begin_deflate();
  Result result =
      run(input, piece, [&](ByteReader& in, ByteWriter& out, bool last) { return gzip.deflate(in, out, last); });
  check(gzip.used() <= Gzip::kMemoryBytes);
  return result;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + std::size_t{data[0]} * data[0];
  const Bytes input(data + 1, size - 1);
  std::vector<std::uint8_t> memory(Gzip::kMemoryBytes);
  Gzip gzip(memory);

  const Result whole = inflate(gzip, input, 100'000);
  const Result pieces = inflate(gzip, input, piece);
  // A fault is noticed at the same byte, but perhaps before output that would have come first.
  check(whole.progress == pieces.progress || whole.bytes.size() >= kMostBytes || pieces.bytes.size() >= kMostBytes);
  if (whole.progress == Progress::End) check(whole == pieces || pieces.bytes.size() >= kMostBytes);

  const Result compressed = deflate(gzip, input, piece);
  check(compressed.progress == Progress::End);
  const Result again = inflate(gzip, compressed.bytes, piece);
  check(again.progress == Progress::End && again.left == 0);
  check(std::ranges::equal(again.bytes, input));
  return 0;
}
