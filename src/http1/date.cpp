#include "http1/date.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace mote::http1 {

namespace {

constexpr std::uint64_t kSecondsPerDay = 86'400;
constexpr char kDays[] = "ThuFriSatSunMonTueWed";  // 1970 began on a Thursday.
constexpr char kMonths[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";

void write_number(ByteWriter& out, std::uint32_t number, std::size_t digits) {
  std::array<char, 4> text{};
  for (std::size_t i = digits; i-- > 0; number /= 10)
    text[i] = static_cast<char>('0' + number % 10);
  out.text({text.data(), digits});
}

}  // namespace

void write_date(ByteWriter& out, std::uint64_t unix_seconds) {
  // In 32 bits, for millions of years.
  const auto days = static_cast<std::uint32_t>(unix_seconds / kSecondsPerDay);
  const auto of_day = static_cast<std::uint32_t>(unix_seconds % kSecondsPerDay);
  // The civil date, in eras of 400 years that begin on the first of March, so that a leap day is the last of its year.
  const std::uint32_t shifted = days + 719'468;
  const std::uint32_t of_era = shifted % 146'097;
  const std::uint32_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::uint32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint32_t month = (5 * of_year + 2) / 153;  // 0 is March.
  const std::uint32_t year = shifted / 146'097 * 400 + year_of_era + (month >= 10 ? 1 : 0);
  out.text(std::string_view(kDays).substr(std::size_t{3} * (days % 7), 3));
  out.text(", ");
  write_number(out, of_year - (153 * month + 2) / 5 + 1, 2);
  out.text(" ");
  out.text(std::string_view(kMonths).substr(std::size_t{3} * month, 3));
  out.text(" ");
  write_number(out, year, 4);
  out.text(" ");
  write_number(out, of_day / 3600, 2);
  out.text(":");
  write_number(out, of_day / 60 % 60, 2);
  out.text(":");
  write_number(out, of_day % 60, 2);
  out.text(" GMT");
}

}  // namespace mote::http1
