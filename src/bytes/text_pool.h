// Texts of a table that the compiler puts together into one constant. A row has the place of a text in it: four bytes. A std::string_view
// has 16, and its address is another 24 bytes of the program where the loader chooses addresses.
//
//   constexpr TextPool kPool = ...;                              // add() gave the rows their places
//   constexpr auto kTexts = kPool.exact<kPool.all().size()>();   // an array of its size
//   row.name.in({kTexts.data(), kTexts.size()})
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mote {

struct TextPlace {
  std::uint16_t begin = 0;
  std::uint16_t size = 0;

  [[nodiscard]] constexpr std::string_view in(std::string_view texts) const { return {texts.data() + begin, size}; }
};

class TextPool {
 public:
  static constexpr std::size_t kMostCharacters = 32768;  // More does not compile.
  static constexpr std::size_t kMostTexts = 512;

  // Equal texts have one place.
  constexpr TextPlace add(std::string_view text) {
    for (const TextPlace& known : std::span(places_).first(count_)) {
      if (known.size == text.size() && known.in(all()) == text) return known;
    }
    const TextPlace place = {static_cast<std::uint16_t>(size_), static_cast<std::uint16_t>(text.size())};
    for (const char character : text)
      characters_.at(size_++) = character;
    places_.at(count_++) = place;
    return place;
  }

  [[nodiscard]] constexpr std::string_view all() const { return {characters_.data(), size_}; }
  // The same in an array: kSize is all().size().
  template <std::size_t kSize>
  [[nodiscard]] constexpr std::array<char, kSize> exact() const {
    std::array<char, kSize> characters{};
    std::ranges::copy(all(), characters.begin());
    return characters;
  }

 private:
  std::array<char, kMostCharacters> characters_{};
  std::size_t size_ = 0;
  std::array<TextPlace, kMostTexts> places_{};
  std::size_t count_ = 0;
};

// Texts of the numbers below kCount, for TextTable. All are set.
template <std::size_t kCount>
struct NumberedTexts {
  std::array<TextPlace, kCount> places{};
  TextPool pool;

  // `literal` has a zero byte behind it, which does not count.
  constexpr void set(std::size_t number, std::string_view literal) {
    places.at(number) = pool.add({literal.data(), literal.size() + 1});
    --places.at(number).size;
  }
};

// The texts that `make()` returns, as one constant and their places:
//
//   using Names = TextTable<[] { NumberedTexts<2> names; names.set(0, "off"); names.set(1, "on"); return names; }>;
//   Names::at(1)
template <auto make>
class TextTable {
 public:
  // NUL-terminated.
  [[nodiscard]] static constexpr std::string_view at(std::size_t number) {
    return kPlaces[number].in({kTexts.data(), kTexts.size()});
  }

 private:
  static constexpr auto kMade = make();
  static constexpr auto kPlaces = kMade.places;
  static constexpr auto kTexts = kMade.pool.template exact<kMade.pool.all().size()>();
  static_assert(std::ranges::all_of(kPlaces, [](TextPlace place) { return place.size != 0; }), "a number has no text");
};

}  // namespace mote
