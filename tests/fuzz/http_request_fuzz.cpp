// Any bytes as the head of a request of HTTP/1.1 and as base64, cut anywhere: the parser stays in its memory, its texts are parts of the
// head, the cuts change nothing, and what is decoded is encoded to the same bytes.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

#include "grpc_web/base64.h"
#include "http1/host.h"
#include "http1/http_request.h"

namespace {

using mote::http1::HttpRequest;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_part(std::string_view part, std::string_view whole) {
  check(part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()));
}

void check_head(std::string_view bytes) {
  std::size_t found = 0;
  for (std::size_t size = 0, seen = 0; size <= bytes.size() && found == 0; ++size) {
    found = mote::http1::head_size(bytes.substr(0, size), seen);
    seen = size;
  }
  check(found == mote::http1::head_size(bytes, 0));
  if (found == 0) return;
  HttpRequest request;
  const std::string_view head = bytes.substr(0, found);
  const std::uint16_t status = mote::http1::parse_head(head, request);
  check(status == 0 || status == 400 || status == 501 || status == 505);
  if (status != 0) return;
  for (const std::string_view part : {request.path, request.host, request.origin, request.content_type,
                                      request.grpc_timeout, request.requested_fields, request.fields}) {
    if (part != "/") check_part(part, head);  // "/" stands for the path of "http://host".
  }
  // Whatever is echoed into a response cannot end its line.
  check(request.origin.find_first_of("\r\n") == std::string_view::npos);
  check(request.requested_fields.find_first_of("\r\n") == std::string_view::npos);
  if (mote::http1::is_local_host(request.host)) check_part(mote::http1::without_port(request.host), request.host);
}

// Of a text in pieces of so many bytes. nullopt: it is not base64.
std::optional<std::vector<std::uint8_t>> decoded(const std::vector<std::uint8_t>& text, std::size_t piece) {
  mote::grpc_web::Base64Decoder decoder;
  std::vector<std::uint8_t> result;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const std::size_t size = std::min(piece, text.size() - at);
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at);
    const std::vector<std::uint8_t> copy(begin, begin + static_cast<std::ptrdiff_t>(size));
    std::vector<std::uint8_t> room(mote::grpc_web::base64_fits(size + 3));
    mote::ByteWriter out(room);
    if (!decoder.decode(copy, out)) return std::nullopt;
    check(!out.overflowed());
    result.insert(result.end(), out.written().begin(), out.written().end());
  }
  if (!decoder.complete()) return std::nullopt;
  return result;
}

void check_base64(const std::vector<std::uint8_t>& text) {
  const auto bytes = decoded(text, std::max<std::size_t>(text.size(), 1));
  for (const std::size_t piece : std::array<std::size_t, 4>{1, 2, 3, 5})
    check(decoded(text, piece) == bytes);
  if (!bytes) return;
  std::vector<std::uint8_t> again(mote::grpc_web::base64_size(bytes->size()));
  std::copy(bytes->begin(), bytes->end(), again.begin());
  mote::grpc_web::base64_encode(again, bytes->size());
  check(decoded(again, std::max<std::size_t>(again.size(), 1)) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size, so that AddressSanitizer finds every byte read beyond it.
  const std::vector<std::uint8_t> input(data, data + size);
  check_head(mote::as_text(input));
  check_base64(input);
  return 0;
}
