#include "selftest/print_number.h"

#include <array>
#include <span>

#include "selftest/selftest.h"

namespace mote::selftest {

void print_number(const char* text, std::uint32_t number) {
  print(text);
  constexpr std::size_t kMostDigits = 10;
  std::array<char, kMostDigits + 1> digits{};
  std::size_t first = kMostDigits;
  do {
    digits[--first] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  print(std::span(digits).subspan(first).data());
}

}  // namespace mote::selftest
