// The content of a gRPC-Web reply (PROTOCOL-WEB.md): messages with their prefixes, then the trailers as the last frame. Over HTTP/1.1
// and HTTP/2 it is the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/lean/block_pool.h"
#include "grpc_web/format.h"
#include "mote/status_code.h"

namespace mote::lean {

// Status messages of calls that the other protocols allow.
inline constexpr char kNotBase64[] = "the content is not base64";
inline constexpr char kNoRequestStreams[] = "gRPC-Web has no streams of requests: use gRPC over HTTP/2";

class WebContent {
 public:
  struct Source {
    BlockShare& share;
    BlockQueue& messages;
    BlockQueue& trailing;                   // The lines of the trailers without the status.
    std::optional<StatusCode> status = {};  // Of a call that is finished.
  };

  // Moves the next bytes to `to`, in the text format as base64. Returns their number. 0: there is none now, or no room.
  [[nodiscard]] std::size_t take(const Source& source, grpc_web::Format format, MutableBytes to);
  // The last byte was taken.
  [[nodiscard]] bool over() const { return over_; }
  // A message was taken in part: the trailers may not follow yet.
  [[nodiscard]] bool within_message(const BlockQueue& messages) const { return cut_ && !messages.empty(); }

  // The least room in which take() makes progress.
  [[nodiscard]] static constexpr std::size_t least_room(grpc_web::Format format) {
    return format == grpc_web::Format::Text ? 4 : 1;
  }

 private:
  std::size_t take_trailers(const Source& source, MutableBytes to);

  std::uint8_t head_taken_ = 0;  // Bytes of grpc_web::TrailersHead.
  bool cut_ = false;             // What was taken last may end within a message.
  bool over_ = false;
};

}  // namespace mote::lean
