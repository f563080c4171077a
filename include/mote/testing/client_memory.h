// Memory for a device client in a test. Each buffer has exactly the size that it needs, so that AddressSanitizer detects
// accesses outside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mote/device.h"

namespace mote::testing {

// Sizes of the parts in bytes, by default those of a small board.
struct ClientSizes {
  // Of mote_memory.input.
  std::size_t input = 64;
  // Of mote_memory.output.
  std::size_t output = 512;
  // Of mote_memory.scratch.
  std::size_t scratch = 128;
  // Of mote_memory.messages.
  std::size_t messages = 256;
  // Of mote_memory.text.
  std::size_t text = 48;
};

// Must outlive its client. Uses the heap.
class ClientMemory {
 public:
  // Takes the memory.
  explicit ClientMemory(const ClientSizes& sizes = {})
      : input_(sizes.input),
        output_(sizes.output),
        scratch_(sizes.scratch),
        messages_(sizes.messages),
        text_(sizes.text),
        spans_{span(input_), span(output_), span(scratch_), span(messages_), span(text_)} {}
  ClientMemory(const ClientMemory&) = delete;
  ClientMemory& operator=(const ClientMemory&) = delete;

  // For mote_client_init(). Valid as long as this object.
  [[nodiscard]] const mote_memory& spans() const { return spans_; }

 private:
  static mote_span span(std::vector<std::uint8_t>& bytes) { return {bytes.data(), bytes.size()}; }

  std::vector<std::uint8_t> input_;
  std::vector<std::uint8_t> output_;
  std::vector<std::uint8_t> scratch_;
  std::vector<std::uint8_t> messages_;
  std::vector<std::uint8_t> text_;
  mote_memory spans_;
};

}  // namespace mote::testing
