#include "hpack/static_decoder.h"

#include <algorithm>
#include <bit>

#include "hpack/static_table.h"

namespace mote::hpack {

namespace {

// First bytes (RFC 7541 6): the bit of an indexed field, and the mask and value of a size update.
constexpr std::uint8_t kIndexedBit = 0x80;
constexpr std::uint8_t kSizeUpdateMask = 0xe0;
constexpr std::uint8_t kSizeUpdate = 0x20;

constexpr unsigned kPrefixMax = 0x7f;  // of the longest prefix, and of the length of a string
constexpr std::uint8_t kHuffmanCoded = 0x80;

}  // namespace

void StaticDecoder::begin() {
  part_ = Part::SizeUpdateOrField;
  in_integer_ = false;
}

StaticDecoder::Result StaticDecoder::take(std::uint8_t byte) {
  if (part_ >= Part::Name) {
    integer_.take(1);
    if (!huffman_coded_) {
      put(byte);
    } else if (!put_huffman(byte)) {
      return Result::Error;
    }
  } else {
    Integer::Progress progress{};
    if (in_integer_) {
      progress = integer_.go_on(byte);
    } else {
      unsigned prefix_max = kPrefixMax;
      if (part_ <= Part::Field) {
        first_ = byte;
        // The position of the first 1 bit is the kind. The bits after it start the integer; there are at least four.
        prefix_max >>= std::min(std::countl_zero(byte), 3);
      } else {
        huffman_coded_ = (byte & kHuffmanCoded) != 0;
        huffman_.begin();
      }
      progress = integer_.start(byte, prefix_max);
    }
    if (progress == Integer::Progress::Error) return Result::Error;
    in_integer_ = progress == Integer::Progress::More;
    if (in_integer_) return Result::More;
    if (part_ <= Part::Field) return start_field();
    part_ = part_ == Part::NameLength ? Part::Name : Part::Value;
  }
  return integer_.value() == 0 ? end_string(byte) : Result::More;
}

StaticDecoder::Result StaticDecoder::start_field() {
  const std::uint32_t index = integer_.value();
  if ((first_ & kSizeUpdateMask) == kSizeUpdate)
    return index == 0 && part_ == Part::SizeUpdateOrField ? Result::More : Result::Error;
  const bool indexed = (first_ & kIndexedBit) != 0;
  used_ = name_size_ = 0;
  part_ = Part::NameLength;
  if (index == 0) return indexed ? Result::Error : Result::More;
  if (index > kStaticTableSize) return Result::Error;
  field_ = static_entry(index);
  part_ = indexed ? Part::Field : Part::ValueLength;
  return indexed ? Result::Field : Result::More;
}

bool StaticDecoder::put_huffman(std::uint8_t byte) {
  for (unsigned bit = 8; bit-- > 0;) {
    const unsigned symbol = huffman_.step(static_cast<unsigned>(byte) >> bit & 1U);
    if (symbol == HuffmanWalk::kMore) continue;
    if (symbol == kHuffmanEos) return false;
    put(kHuffmanCode.byte[symbol]);
  }
  return true;
}

void StaticDecoder::put(std::uint8_t byte) {
  if (used_ < scratch_.size()) scratch_[used_] = byte;
  ++used_;
}

StaticDecoder::Result StaticDecoder::end_string(std::uint8_t last_byte) {
  if (huffman_coded_ && !huffman_.end(last_byte)) return Result::Error;
  const bool fits = used_ <= scratch_.size();
  const Bytes strings = scratch_.first(fits ? used_ : 0);
  if (part_ == Part::Name) {
    part_ = Part::ValueLength;
    name_size_ = used_;
    field_.name = as_text(strings);
    return Result::More;
  }
  part_ = Part::Field;
  if (!fits) return Result::LeftOut;
  field_.value = as_text(strings.subspan(name_size_));
  return Result::Field;
}

}  // namespace mote::hpack
