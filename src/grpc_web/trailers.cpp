#include "grpc_web/trailers.h"

namespace mote::grpc_web {

namespace {

constexpr std::uint8_t kFlag = 0x80;
constexpr std::string_view kStatusName = "grpc-status";

}  // namespace

TrailersHead::TrailersHead(StatusCode status, std::size_t more_bytes) {
  const auto code = static_cast<unsigned>(status);
  const std::array<char, 2> digits = {static_cast<char>('0' + code / 10), static_cast<char>('0' + code % 10)};
  const std::size_t leading = code < 10 ? 1 : 0;
  const std::string_view value = std::string_view(digits.data(), digits.size()).substr(leading);
  ByteWriter out(bytes_);
  out.u8(kFlag);
  out.u32(static_cast<std::uint32_t>(kStatusName.size() + value.size() + kLineBytes + more_bytes));
  write_line(out, kStatusName, value);
  size_ = out.size();
}

void write_line(ByteWriter& out, std::string_view name, std::string_view value) {
  for (const std::string_view part : {name, std::string_view(": "), value, std::string_view("\r\n")})
    out.text(part);
}

}  // namespace mote::grpc_web
