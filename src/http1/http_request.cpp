#include "http1/http_request.h"

#include <algorithm>
#include <array>

#include "bytes/letter_case.h"

namespace mote::http1 {

namespace {

constexpr std::uint16_t kMalformed = 400;
constexpr std::uint16_t kNotImplemented = 501;
constexpr std::uint16_t kWrongVersion = 505;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    return (lower_case(c) >= 'a' && lower_case(c) <= 'z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

// Tabs and everything that is no control character.
bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= ' ' && byte != 0x7f);
  });
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::string_view take_until(std::string_view& rest, std::string_view end) {
  const std::size_t size = rest.find(end);
  const std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(size == std::string_view::npos ? rest.size() : size + end.size());
  return taken;
}

Verb verb_of(std::string_view name) {
  struct Named {
    std::string_view name;
    Verb verb;
  };
  constexpr std::array<Named, 4> kVerbs = {
      {{"GET", Verb::Get}, {"HEAD", Verb::Head}, {"POST", Verb::Post}, {"OPTIONS", Verb::Options}}};
  for (const Named& one : kVerbs) {
    if (one.name == name) return one.verb;
  }
  return Verb::Other;
}

class HeadParser {
 public:
  explicit HeadParser(HttpRequest& out) : out_(out) {}

  std::uint16_t parse(std::string_view head) {
    std::uint16_t error = take_request_line(take_until(head, kLineEnd));
    out_.fields = head.substr(0, head.size() - std::min(head.size(), kLineEnd.size()));
    while (error == 0) {
      const std::string_view line = take_until(head, kLineEnd);
      if (line.empty()) break;
      error = take_field(line);
    }
    return error != 0 ? error : finish();
  }

 private:
  std::uint16_t take_request_line(std::string_view line) {
    const std::string_view verb = take_until(line, " ");
    std::string_view target = take_until(line, " ");
    if (!is_token(verb) || target.empty() || !is_visible(target)) return kMalformed;
    if (!line.starts_with("HTTP/") || line.size() != 8 || line[6] != '.') return kMalformed;
    if (line[5] != '1') return kWrongVersion;
    out_.http_1_0 = line[7] == '0';
    out_.keep_alive = !out_.http_1_0;
    out_.verb = verb_of(verb);
    take_absolute_form(target);
    out_.path = take_until(target, "?");
    return 0;
  }

  // "http://host/path", as it is sent to proxies: the host replaces that of the field (RFC 9112 3.2.2).
  void take_absolute_form(std::string_view& target) {
    constexpr std::string_view kScheme = "http://";
    if (!target.starts_with(kScheme)) return;
    target.remove_prefix(kScheme.size());
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    target_host_ = target.substr(0, end);
    target.remove_prefix(end);
    if (target.empty()) target = "/";
  }

  std::uint16_t take_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || !is_value(line)) return kMalformed;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (equal_ignoring_case(name, "host")) {
      if (host_seen_) return kMalformed;
      host_seen_ = true;
      out_.host = value;
    } else if (equal_ignoring_case(name, "origin")) {
      out_.origin = value;
    } else if (equal_ignoring_case(name, "content-type")) {
      out_.content_type = value;
    } else if (equal_ignoring_case(name, "grpc-timeout")) {
      out_.grpc_timeout = value;
    } else if (equal_ignoring_case(name, "access-control-request-headers")) {
      out_.requested_fields = value;
    } else if (equal_ignoring_case(name, "connection")) {
      close_ = close_ || has_token(value, "close");
      if (has_token(value, "keep-alive")) out_.keep_alive = true;
    } else if (equal_ignoring_case(name, "content-length")) {
      return take_length(value);
    } else if (equal_ignoring_case(name, "transfer-encoding")) {
      if (!equal_ignoring_case(value, "chunked") || out_.chunked) return kNotImplemented;
      out_.chunked = true;
    }
    return 0;
  }

  std::uint16_t take_length(std::string_view value) {
    constexpr std::size_t kMostDigits = 18;
    if (length_seen_ || value.empty() || value.size() > kMostDigits) return kMalformed;
    length_seen_ = true;
    for (const char digit : value) {
      if (digit < '0' || digit > '9') return kMalformed;
      out_.content_bytes = out_.content_bytes * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return 0;
  }

  // A request with both lengths is how requests are smuggled (RFC 9112 6.3).
  [[nodiscard]] std::uint16_t finish() const {
    if (out_.chunked && (length_seen_ || out_.http_1_0)) return kMalformed;
    if (!host_seen_ && !out_.http_1_0) return kMalformed;
    if (!target_host_.empty()) out_.host = target_host_;
    if (close_) out_.keep_alive = false;
    return 0;
  }

  HttpRequest& out_;
  std::string_view target_host_;
  bool host_seen_ = false;
  bool length_seen_ = false;
  bool close_ = false;
};

}  // namespace

std::size_t empty_lines(std::string_view bytes) {
  std::size_t size = 0;
  while (bytes.substr(size).starts_with(kLineEnd))
    size += kLineEnd.size();
  return size;
}

std::size_t head_size(std::string_view bytes, std::size_t seen) {
  const std::size_t from = seen < kHeadEnd.size() ? 0 : seen - (kHeadEnd.size() - 1);
  const std::size_t end = bytes.find(kHeadEnd, from);
  return end == std::string_view::npos ? 0 : end + kHeadEnd.size();
}

std::uint16_t parse_head(std::string_view head, HttpRequest& out) {
  out = {};
  return HeadParser(out).parse(head);
}

std::string_view take_line(std::string_view& lines) {
  return take_until(lines, kLineEnd);
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    if (equal_ignoring_case(trimmed(take_until(list, ",")), token)) return true;
  }
  return false;
}

}  // namespace mote::http1
