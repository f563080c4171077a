#include "engine/lean/monitor/numbers.h"

#include "engine/fixed_text.h"

namespace mote::lean {

void add_text(ByteWriter& out, std::string_view text) {
  out.text(text);
}

void add_number(ByteWriter& out, std::uint64_t number) {
  out.text(engine::FixedText<20>().add(number).view());
}

void add_seconds(ByteWriter& out, std::uint64_t microseconds) {
  constexpr std::uint64_t kMicro = 1'000'000;
  engine::FixedText<20> fraction;
  fraction.add(kMicro + microseconds % kMicro);  // "1" and six digits.
  add_number(out, microseconds / kMicro);
  out.text(".");
  out.text(fraction.view().substr(1));
}

}  // namespace mote::lean
