// Both Huffman decoders in every state, with every byte, compared with a decoder that looks up each bit string in the table of
// the RFC. A state is the beginning of a code: the bits since the last symbol.
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hpack/huffman.h"
#include "hpack/huffman_code.h"
#include "huffman_symbols.h"
#include "support/cmocka_test.h"

using mote::ByteWriter;
using mote::hpack::HuffmanDecoder;
using mote::hpack::HuffmanWalk;
using mote::hpack::kHuffmanCode;
using mote::hpack::kHuffmanEos;
using mote::test::kHuffmanSymbols;

namespace {

using Bits = std::vector<bool>;

constexpr unsigned kEos = 256;

Bits bits_of(std::uint32_t number, unsigned count) {
  Bits bits;
  for (unsigned i = count; i-- > 0;)
    bits.push_back((number >> i & 1U) != 0);
  return bits;
}

const std::map<Bits, unsigned>& symbols_by_code() {
  static const std::map<Bits, unsigned> kSymbols = [] {
    std::map<Bits, unsigned> found;
    for (unsigned symbol = 0; symbol < kHuffmanSymbols.size(); ++symbol)
      found[bits_of(kHuffmanSymbols[symbol].code, kHuffmanSymbols[symbol].bits)] = symbol;
    return found;
  }();
  return kSymbols;
}

// Each beginning of a code, the empty one included.
std::vector<Bits> states() {
  std::map<Bits, bool> found;
  for (const auto& [code, symbol] : symbols_by_code()) {
    for (std::size_t size = 0; size < code.size(); ++size)
      found[Bits(code.begin(), code.begin() + static_cast<std::ptrdiff_t>(size))] = true;
  }
  std::vector<Bits> all;
  for (const auto& [bits, unused] : found)
    all.push_back(bits);
  return all;
}

struct Verdict {
  std::string text;
  bool eos = false;
  bool ended = false;  // What is left is a correct padding.
};

Verdict by_the_table(const Bits& bits) {
  Verdict verdict;
  Bits open;
  for (const bool bit : bits) {
    open.push_back(bit);
    const auto found = symbols_by_code().find(open);
    if (found == symbols_by_code().end()) continue;
    if (found->second == kEos) {
      verdict.eos = true;
      return verdict;
    }
    verdict.text += static_cast<char>(found->second);
    open.clear();
  }
  verdict.ended = open.size() <= 7 && open == Bits(open.size(), true);
  return verdict;
}

std::vector<std::uint8_t> bytes_of(const Bits& bits) {
  std::vector<std::uint8_t> bytes(bits.size() / 8);
  for (std::size_t i = 0; i < bits.size(); ++i)
    bytes[i / 8] = static_cast<std::uint8_t>(2U * bytes[i / 8] + (bits[i] ? 1U : 0U));
  return bytes;
}

// Zeros, so many codes of "0", in front of the state: its last bit ends a byte.
Bits led_in(const Bits& state) {
  Bits bits;
  while ((bits.size() + state.size()) % 8 != 0)
    bits.insert(bits.end(), 5, false);
  bits.insert(bits.end(), state.begin(), state.end());
  return bits;
}

void check_decoder(const Bits& bits, const Verdict& expected) {
  const std::vector<std::uint8_t> bytes = bytes_of(bits);
  // Room for all, and for one symbol less. The state is entered at the cut before the last byte.
  for (const std::size_t cut : {bytes.size() - 1, std::size_t{0}}) {
    for (const std::size_t missing : {std::size_t{0}, std::size_t{1}}) {
      if (missing > expected.text.size()) continue;
      std::vector<std::uint8_t> buffer(expected.text.size() - missing);
      ByteWriter out(buffer);
      HuffmanDecoder decoder;
      decoder.begin();
      auto result = decoder.decode(mote::Bytes(bytes).first(cut), out);
      if (result == HuffmanDecoder::Result::Ok) result = decoder.decode(mote::Bytes(bytes).subspan(cut), out);
      if (missing != 0) {
        assert_int_equal(result, HuffmanDecoder::Result::NoRoom);
      } else if (expected.eos) {
        assert_int_equal(result, HuffmanDecoder::Result::Error);
      } else {
        assert_int_equal(result, HuffmanDecoder::Result::Ok);
        assert_true(mote::as_text(out.written()) == expected.text);
        assert_int_equal(decoder.end(), expected.ended);
      }
    }
  }
}

void check_walk(const Bits& bits, const Verdict& expected) {
  HuffmanWalk walk;
  walk.begin();
  std::string text;
  bool eos = false;
  for (const bool bit : bits) {
    const unsigned symbol = walk.step(bit ? 1 : 0);
    if (symbol == HuffmanWalk::kMore) continue;
    eos = symbol == kHuffmanEos;
    if (eos) break;
    text += static_cast<char>(kHuffmanCode.byte[symbol]);
  }
  assert_int_equal(eos, expected.eos);
  assert_true(text == expected.text);
  if (!eos) assert_int_equal(walk.end(bytes_of(bits).back()), expected.ended);
}

void test_every_state_with_every_byte(void**) {
  const std::vector<Bits> all = states();
  // A complete binary tree with a leaf for each symbol.
  assert_int_equal(all.size(), kHuffmanSymbols.size() - 1);
  for (const Bits& state : all) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      Bits bits = led_in(state);
      const Bits last = bits_of(byte, 8);
      bits.insert(bits.end(), last.begin(), last.end());
      const Verdict expected = by_the_table(bits);
      check_decoder(bits, expected);
      check_walk(bits, expected);
    }
  }
}

// A string may also end in each state.
void test_every_state_as_an_end(void**) {
  for (const Bits& state : states()) {
    const Bits bits = led_in(state);
    if (bits.empty()) continue;
    const Verdict expected = by_the_table(bits);
    check_decoder(bits, expected);
    check_walk(bits, expected);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_state_with_every_byte),
      cmocka_unit_test(test_every_state_as_an_end),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
