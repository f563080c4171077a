// The head of a request of HTTP/1.1 (RFC 9112 2 to 6): the request line and the fields that this server reads.
//
// It is strict where servers and proxies that differ could be tricked: lines end with CRLF, there is no space before a colon, no
// folded line, and one Host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mote::http1 {

enum class Verb : std::uint8_t { Get, Head, Post, Options, Other };

// The texts point into the parsed head.
struct HttpRequest {
  Verb verb = Verb::Other;
  std::string_view path;          // Of the target, without its query: "/metrics".
  std::string_view host;          // With its port if it has one.
  std::string_view origin;        // Empty: the client sent none.
  std::string_view content_type;  // Empty: the client sent none.
  std::string_view grpc_timeout;
  std::string_view requested_fields;  // Access-Control-Request-Headers, of a browser that asks before a request.
  std::string_view fields;            // All lines after the request line.
  std::uint64_t content_bytes = 0;
  bool chunked = false;     // The content has a transfer coding.
  bool http_1_0 = false;    // The client reads no chunks.
  bool keep_alive = false;  // The connection may stay open (RFC 9112 9.3).
};

// The size of the empty lines at the front of `bytes`, which a server skips (RFC 9112 2.2).
[[nodiscard]] std::size_t empty_lines(std::string_view bytes);

// The size of the head at the front of `bytes` with its empty line, or 0: it is not complete. The first `seen` bytes were there at
// the last call, and had no end of a head.
[[nodiscard]] std::size_t head_size(std::string_view bytes, std::size_t seen);

// Reads a complete head. Returns 0, or the HTTP status of the error: 400 malformed, 501 a transfer coding that is not "chunked",
// 505 another version of HTTP.
[[nodiscard]] std::uint16_t parse_head(std::string_view head, HttpRequest& out);

// Takes the first line of `lines`, without its end.
std::string_view take_line(std::string_view& lines);

// Whether a list of tokens such as "keep-alive, Upgrade" has `token`, which is in lower case.
[[nodiscard]] bool has_token(std::string_view list, std::string_view token);

}  // namespace mote::http1
