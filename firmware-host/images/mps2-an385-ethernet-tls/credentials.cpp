#include "credentials.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

// Symbols of image.ld; their addresses are the values.
extern "C" const std::uint8_t mote_credentials[];
extern "C" const std::uint8_t mote_credentials_end[];

namespace mote::board {

namespace {

// The layout that scripts/credentials.py writes; the fields follow in the order of the sizes.
enum Field : std::uint8_t { kServerName, kCa, kCertificate, kKey, kIdentity, kPsk, kFields };
struct Header {
  std::array<char, 4> mark;
  std::array<std::uint16_t, kFields> sizes;
};
constexpr std::array<char, 4> kMark = {'M', 'T', 'L', '1'};

// The text of a field that ends in NUL; null: it is empty.
const char* text_of(const mote_tls_bytes& field) {
  return field.size == 0 ? nullptr : reinterpret_cast<const char*>(field.data);
}

}  // namespace

bool read_credentials(mote_tls_options& options) {
  std::span<const std::uint8_t> rest(mote_credentials, mote_credentials_end);
  Header header{};
  std::memcpy(&header, rest.data(), sizeof header);
  if (header.mark != kMark) return false;
  rest = rest.subspan(sizeof header);
  std::array<mote_tls_bytes, kFields> fields{};
  for (std::size_t i = 0; i < kFields; ++i) {
    const std::size_t size = header.sizes[i];
    if (size > rest.size()) return false;
    fields[i] = {rest.data(), size};
    rest = rest.subspan(size);
  }
  options = {.server_name = text_of(fields[kServerName]),
             .ca = fields[kCa],
             .certificate = fields[kCertificate],
             .key = fields[kKey],
             .psk_identity = text_of(fields[kIdentity]),
             .psk = fields[kPsk]};
  return true;
}

}  // namespace mote::board
