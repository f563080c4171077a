#include "wire/hpack_static_table.h"

#include <array>
#include <string_view>

#include "wire/bytes.h"

namespace mote::wire {
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

consteval std::size_t text_size() {
  std::size_t size = 0;
  for (const Entry& entry : kEntries)
    size += entry.name.size() + entry.value.size();
  return size;
}

// The strings end to end and where they are: half the size of an array of views, and without a relocation for each.
struct Packed {
  struct Place {
    std::uint16_t offset;
    std::uint8_t name_size;
    std::uint8_t value_size;
  };
  std::array<std::uint8_t, text_size()> text{};
  std::array<Place, kStaticTableSize> places{};
};

consteval Packed pack() {
  Packed packed;
  std::size_t size = 0;
  for (std::size_t i = 0; i < kEntries.size(); ++i) {
    const Entry& entry = kEntries[i];
    packed.places[i] = {static_cast<std::uint16_t>(size), static_cast<std::uint8_t>(entry.name.size()),
                        static_cast<std::uint8_t>(entry.value.size())};
    for (char c : entry.name)
      packed.text[size++] = static_cast<std::uint8_t>(c);
    for (char c : entry.value)
      packed.text[size++] = static_cast<std::uint8_t>(c);
  }
  return packed;
}

constexpr Packed kPacked = pack();

}  // namespace

HeaderField static_entry(std::size_t index) {
  const Packed::Place place = kPacked.places[index - 1];
  ByteReader entry(Bytes(kPacked.text).subspan(place.offset));
  const Bytes name = entry.take(place.name_size);
  return {as_text(name), as_text(entry.take(place.value_size))};
}

}  // namespace mote::wire
