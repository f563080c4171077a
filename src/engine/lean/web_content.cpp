#include "engine/lean/web_content.h"

#include <algorithm>

#include "grpc_web/base64.h"
#include "grpc_web/trailers.h"

namespace mote::lean {

std::size_t WebContent::take(const Source& source, grpc_web::Format format, MutableBytes to) {
  const bool text = format == grpc_web::Format::Text;
  const MutableBytes raw = text ? to.first(grpc_web::base64_fits(to.size())) : to;
  std::size_t size = 0;
  if (!source.messages.empty()) {
    size = source.messages.move_to(source.share, raw);
    if (size != 0) cut_ = !source.messages.empty();
  }
  if (source.messages.empty() && source.status) size += take_trailers(source, raw.subspan(size));
  if (!text) return size;
  grpc_web::base64_encode(to, size);
  return grpc_web::base64_size(size);
}

std::size_t WebContent::take_trailers(const Source& source, MutableBytes to) {
  const grpc_web::TrailersHead head(*source.status, source.trailing.size());
  const Bytes rest = head.bytes().subspan(std::min<std::size_t>(head_taken_, head.bytes().size()));
  std::size_t size = std::min(rest.size(), to.size());
  std::copy_n(rest.begin(), size, to.begin());
  head_taken_ = static_cast<std::uint8_t>(head_taken_ + size);
  if (size < rest.size()) return size;
  size += source.trailing.move_to(source.share, to.subspan(size));
  over_ = source.trailing.empty();
  return size;
}

}  // namespace mote::lean
