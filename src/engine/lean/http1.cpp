#include "engine/lean/http1.h"

#include "bytes/words.h"
#include "engine/fixed_text.h"
#include "engine/lean/plain_texts.h"

namespace mote::lean {

bool speaks_http1(std::string_view first_bytes) {
  const std::size_t end = first_bytes.find(' ');
  return end != std::string_view::npos &&
         has_word("GET HEAD POST PUT DELETE OPTIONS PATCH", first_bytes.substr(0, end));
}

void answer_http1(std::string_view first_bytes, std::string_view service_page, ByteWriter& out) {
  const bool head = first_bytes.starts_with("HEAD / ");
  const bool page = head || first_bytes.starts_with("GET / ");
  const std::string_view text = page ? service_page : kHttp2NeededText;
  out.text(page ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 505 HTTP Version Not Supported\r\n");
  out.text("content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: ");
  out.text(engine::FixedText<20>().add(std::uint64_t{text.size()}).view());
  out.text("\r\n\r\n");
  if (!head) out.text(text);
}

}  // namespace mote::lean
