#include "grpc_http2/timeout.h"

#include <array>
#include <cstddef>

#include "bytes/decimal.h"

namespace mote::grpc_http2 {

namespace {

constexpr std::size_t kMaxDigits = 8;
constexpr std::uint64_t kMaxValue = 99'999'999;

struct Unit {
  char letter;
  std::uint16_t per_next;  // how many are one of the next unit; 0: there is no next unit
};

constexpr std::array<Unit, 5> kUnits = {{{'u', 1000}, {'m', 1000}, {'S', 60}, {'M', 60}, {'H', 0}}};

// At most kMaxValue of a unit.
void write_amount(ByteWriter& out, std::uint32_t amount, char unit) {
  std::array<std::uint8_t, kMaxTimeoutText> text{};
  std::size_t first = kMaxDigits;
  text[first] = static_cast<std::uint8_t>(unit);
  do {
    text[--first] = static_cast<std::uint8_t>('0' + amount % 10);
    amount /= 10;
  } while (amount > 0 && first > 0);
  out.bytes(Bytes(text).subspan(first));
}

}  // namespace

std::optional<std::uint64_t> parse_timeout_us(std::string_view value) {
  if (value.empty()) return std::nullopt;
  const char letter = value.back();
  value.remove_suffix(1);
  if (value.empty() || value.size() > kMaxDigits) return std::nullopt;
  const int digits = decimal(value);
  if (digits < 0) return std::nullopt;
  const auto amount = static_cast<std::uint32_t>(digits);
  if (letter == 'n') return (amount + 999) / 1000;
  std::uint64_t unit_us = 1;
  for (const Unit& unit : kUnits) {
    if (unit.letter == letter) return amount * unit_us;
    unit_us *= unit.per_next;
  }
  return std::nullopt;
}

void write_timeout(ByteWriter& out, std::uint64_t timeout_us) {
  if (timeout_us == 0) {
    out.text("1n");
    return;
  }
  std::uint64_t amount = timeout_us;
  std::size_t unit = 0;
  while (kUnits[unit].per_next != 0 && (amount > kMaxValue || amount % kUnits[unit].per_next == 0)) {
    const bool rounded_up = amount % kUnits[unit].per_next != 0;
    amount = amount / kUnits[unit].per_next + (rounded_up ? 1 : 0);
    ++unit;
  }
  write_amount(out, static_cast<std::uint32_t>(amount < kMaxValue ? amount : kMaxValue), kUnits[unit].letter);
}

void write_timeout_ms(ByteWriter& out, std::uint32_t timeout_ms) {
  if (timeout_ms <= kMaxValue) return write_amount(out, timeout_ms, 'm');
  write_amount(out, (timeout_ms - 1) / 1000 + 1, 'S');
}

}  // namespace mote::grpc_http2
