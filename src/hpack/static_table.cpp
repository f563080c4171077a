#include "hpack/static_table.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "mote/span.h"

namespace mote::hpack {
#ifdef MOTE_SMALL

namespace {

constexpr std::string_view kStatuses = "200204206304400404500";
constexpr std::size_t kStatusSize = 3;

}  // namespace

HeaderField static_entry(std::size_t index) {
  HeaderField field{kNamelessField, {}};
  const std::size_t status = index - static_cast<std::size_t>(StaticIndex::Status200);
  if (status < kStatuses.size() / kStatusSize) {
    field.name = ":status";
    field.value = as_text(as_bytes(kStatuses).subspan(status * kStatusSize, kStatusSize));
  } else if (index == static_cast<std::size_t>(StaticIndex::ContentType)) {
    field.name = "content-type";
  }
  return field;
}

#else

namespace {

struct Entry {
  std::string_view name;
  std::string_view value;
};

// RFC 7541 Appendix A.
constexpr std::array<Entry, kStaticTableSize> kEntries = {{
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
}};

// The strings without repetition, and the place of each. This takes a fifth of an array of views, and no relocations.
class Place {
 public:
  constexpr Place() = default;
  constexpr Place(std::size_t offset, std::size_t size)
      : offset_and_size_(static_cast<std::uint16_t>(offset << kSizeBits | size)) {}
  [[nodiscard]] constexpr std::size_t offset() const { return offset_and_size_ >> kSizeBits; }
  [[nodiscard]] constexpr std::size_t size() const { return offset_and_size_ & kMaxSize; }

  static constexpr std::size_t kSizeBits = 5;
  static constexpr std::size_t kMaxSize = (1U << kSizeBits) - 1;
  static constexpr std::size_t kMaxOffset = (1U << (16 - kSizeBits)) - 1;

 private:
  std::uint16_t offset_and_size_ = 0;
};

// Only the first entries have values.
constexpr std::size_t kValues = static_cast<std::size_t>(StaticIndex::AcceptEncoding);

template <std::size_t text_size>
struct Packed {
  std::array<Place, kStaticTableSize> names{};
  std::array<Place, kValues> values{};
  std::array<std::uint8_t, text_size> text{};
};

// Collects strings. A string that is already in the text, even within another one, is not added again.
struct Text {
  std::array<char, 1024> bytes{};
  std::size_t size = 0;

  constexpr Place put(std::string_view string) {
    const std::size_t found = std::string_view(bytes.data(), size).find(string);
    if (found != std::string_view::npos) return {found, string.size()};
    const std::size_t offset = size;
    for (char c : string)
      bytes[size++] = c;
    return {offset, string.size()};
  }
};

// The long strings come first, because short ones may be part of them.
consteval Packed<1024> pack() {
  Packed<1024> packed;
  Text text;
  for (std::size_t size = Place::kMaxSize; size > 0; --size) {
    for (std::size_t i = 0; i < kEntries.size(); ++i) {
      if (kEntries[i].name.size() == size) packed.names[i] = text.put(kEntries[i].name);
      if (kEntries[i].value.size() == size) packed.values[i] = text.put(kEntries[i].value);
    }
  }
  for (std::size_t i = 0; i < text.size; ++i)
    packed.text[i] = static_cast<std::uint8_t>(text.bytes[i]);
  return packed;
}

consteval std::size_t text_size() {
  std::size_t size = 0;
  for (const Place place : pack().names)
    size = std::max(size, place.offset() + place.size());
  for (const Place place : pack().values)
    size = std::max(size, place.offset() + place.size());
  return size;
}
static_assert(text_size() <= Place::kMaxOffset);

consteval Packed<text_size()> fitted() {
  constexpr Packed<1024> kLoose = pack();
  Packed<text_size()> packed{kLoose.names, kLoose.values, {}};
  std::copy_n(kLoose.text.begin(), packed.text.size(), packed.text.begin());
  return packed;
}

constexpr Packed<text_size()> kPacked = fitted();

std::string_view at(Place place) {
  return as_text(Bytes(kPacked.text).subspan(place.offset(), place.size()));
}

}  // namespace

HeaderField static_entry(std::size_t index) {
  if (index > kValues) return {at(kPacked.names[index - 1]), {}};
  return {at(kPacked.names[index - 1]), at(kPacked.values[index - 1])};
}

#endif

}  // namespace mote::hpack
