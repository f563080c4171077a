#include "engine/lean/monitor/numbers.h"

#include <algorithm>

#include "engine/fixed_text.h"

namespace mote::lean {

namespace {

void add_seconds(ByteWriter& out, std::uint64_t microseconds) {
  constexpr std::uint64_t kMicro = 1'000'000;
  engine::FixedText<20> fraction;
  fraction.add(kMicro + microseconds % kMicro);  // "1" and six digits.
  add_number(out, microseconds / kMicro);
  out.text(".");
  out.text(fraction.view().substr(1));
}

}  // namespace

void add_text(ByteWriter& out, std::string_view text) {
  out.text(text);
}

void add_number(ByteWriter& out, std::uint64_t number) {
  out.text(engine::FixedText<20>().add(number).view());
}

void print(ByteWriter& out, std::string_view format, std::initializer_list<Shown> values) {
  for (const Shown& value : values) {
    const std::size_t place = std::min(format.find_first_of("$%"), format.size());
    out.text(format.substr(0, place));
    const bool in_seconds = format.substr(place).starts_with('%');
    format.remove_prefix(std::min(place + 1, format.size()));
    if (value.text_ != nullptr) {
      out.text({value.text_, static_cast<std::size_t>(value.number_)});
    } else if (in_seconds) {
      add_seconds(out, value.number_);
    } else {
      add_number(out, value.number_);
    }
  }
  out.text(format);
}

}  // namespace mote::lean
