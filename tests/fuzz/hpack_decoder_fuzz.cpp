// Any header blocks, cut anywhere, with any table and any scratch: the decoder stays in its memory and the table keeps its
// invariants. The cuts and a table that begins in a small part of its storage change nothing.
//
// Input: u8 table size, u8 scratch size (both in steps of 8 bytes), then for each block: u8 what comes before it (odd: the
// limit of the table becomes 8 times the upper 7 bits, but at most its first size), u8 size of its pieces (0: one byte
// more each time), u8 size of the block, the block.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "bytes/byte_reader.h"
#include "hpack/decoder.h"
#include "mote/span.h"
#include "support/hpack_feed.h"

namespace {

using mote::ByteReader;
using mote::Bytes;
using mote::hpack::Decoder;
using mote::hpack::DynamicTable;
using mote::test::DecodedBlock;

constexpr std::size_t kStep = 8;
// The first part of a table in two parts is smaller than the reserve by this factor.
constexpr std::size_t kReserveInSmall = 4;

void check(bool holds) {
  if (!holds) std::abort();
}

// A decoder whose table has storage of exactly its first limit.
class Subject {
 public:
  Subject(std::size_t table_bytes, std::size_t small_bytes)
      : small_(small_bytes), storage_(table_bytes), decoder_(small_, table_bytes, storage_) {}

  void set_max_table_bytes(std::size_t bytes) { decoder_.set_max_table_bytes(std::min(bytes, storage_.size())); }

  Decoder& decoder() { return decoder_; }

  void check_table() const {
    const DynamicTable& table = decoder_.table();
    std::size_t size = 0;
    for (const auto& entry : mote::test::table_content(table))
      size += entry.name.size() + entry.value.size() + DynamicTable::kEntryOverhead;
    check(table.size() == size);
    check(size <= table.max_size());
    check(table.max_size() <= storage_.size());
    mote::hpack::HeaderField field;
    check(!table.find(table.entry_count(), field));
    check(table.entry_count() == 0 || table.find(table.entry_count() - 1, field));
  }

 private:
  std::vector<std::uint8_t> small_;
  std::vector<std::uint8_t> storage_;
  Decoder decoder_;
};

bool decode_block(Subject& whole, Subject& cut, Bytes block, std::size_t scratch_bytes, std::size_t piece_bytes) {
  std::size_t growing = 0;
  const DecodedBlock expected = mote::test::decode_whole(whole.decoder(), block, scratch_bytes);
  const DecodedBlock decoded = mote::test::decode_in_pieces(cut.decoder(), block, scratch_bytes,
                                                            [&] { return piece_bytes == 0 ? growing++ : piece_bytes; });
  check(decoded.accepted == expected.accepted);
  check(decoded.fields == expected.fields);
  whole.check_table();
  cut.check_table();
  check(whole.decoder().table().generation() == cut.decoder().table().generation());
  check(mote::test::table_content(whole.decoder().table()) == mote::test::table_content(cut.decoder().table()));
  check(!expected.accepted || (whole.decoder().pending() == 0 && cut.decoder().pending() == 0));
  return expected.accepted;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kBlockHeadBytes = 3;
  ByteReader input({data, size});
  if (input.remaining() < 2) return 0;
  const std::size_t table_bytes = input.take_u8() * kStep;
  const std::size_t scratch_bytes = input.take_u8() * kStep;
  Subject whole(table_bytes, table_bytes);
  Subject cut(table_bytes, table_bytes / kReserveInSmall);
  bool alive = true;
  while (alive && input.remaining() >= kBlockHeadBytes) {
    const std::uint8_t before = input.take_u8();
    const std::size_t piece_bytes = input.take_u8();
    if ((before & 1) != 0) {
      whole.set_max_table_bytes((before >> 1) * kStep);
      cut.set_max_table_bytes((before >> 1) * kStep);
    }
    const std::size_t block_bytes = input.take_u8();
    alive = decode_block(whole, cut, input.take(block_bytes), scratch_bytes, piece_bytes);
  }
  if (!alive) check(!mote::test::decode_whole(whole.decoder(), {}, scratch_bytes).accepted);
  return 0;
}
