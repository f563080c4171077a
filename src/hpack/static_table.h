// The static table of HPACK (RFC 7541 Appendix A).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hpack/header_field.h"

namespace mote::hpack {

inline constexpr std::size_t kStaticTableSize = 61;

// The entries. An entry with a value in the RFC is named after name and value; a literal uses only its name.
enum class StaticIndex : std::uint8_t {
  Authority = 1,
  MethodGet = 2,
  MethodPost = 3,
  Path = 4,  // "/"
  PathIndexHtml = 5,
  SchemeHttp = 6,
  SchemeHttps = 7,
  Status200 = 8,
  Status204 = 9,
  Status206 = 10,
  Status304 = 11,
  Status400 = 12,
  Status404 = 13,
  Status500 = 14,
  AcceptCharset = 15,
  AcceptEncoding = 16,  // "gzip, deflate"
  AcceptLanguage = 17,
  AcceptRanges = 18,
  Accept = 19,
  AccessControlAllowOrigin = 20,
  Age = 21,
  Allow = 22,
  Authorization = 23,
  CacheControl = 24,
  ContentDisposition = 25,
  ContentEncoding = 26,
  ContentLanguage = 27,
  ContentLength = 28,
  ContentLocation = 29,
  ContentRange = 30,
  ContentType = 31,
  Cookie = 32,
  Date = 33,
  Etag = 34,
  Expect = 35,
  Expires = 36,
  From = 37,
  Host = 38,
  IfMatch = 39,
  IfModifiedSince = 40,
  IfNoneMatch = 41,
  IfRange = 42,
  IfUnmodifiedSince = 43,
  LastModified = 44,
  Link = 45,
  Location = 46,
  MaxForwards = 47,
  ProxyAuthenticate = 48,
  ProxyAuthorization = 49,
  Range = 50,
  Referer = 51,
  Refresh = 52,
  RetryAfter = 53,
  Server = 54,
  SetCookie = 55,
  StrictTransportSecurity = 56,
  TransferEncoding = 57,
  UserAgent = 58,
  Vary = 59,
  Via = 60,
  WwwAuthenticate = 61,
};

// With MOTE_SMALL, the name of all fields that arrive as an index, except :status and content-type.
inline constexpr std::string_view kNamelessField = "?";

// The entry at `index`, from 1 to kStaticTableSize, as views of constants. A build with MOTE_SMALL has only :status and
// content-type, which a gRPC client needs, and returns kNamelessField for the others. This saves 640 bytes of flash.
[[nodiscard]] HeaderField static_entry(std::size_t index);

}  // namespace mote::hpack
