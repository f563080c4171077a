#include "http2/field_rules.h"

#include <array>
#include <cstddef>

#include "bytes/letter_case.h"
#include "bytes/literal.h"
#include "http2/field_characters.h"

namespace mote::http2 {

namespace {

// One bit for names and one for values; looked up for every byte of every header.
constexpr std::uint8_t kNotInName = 1;
constexpr std::uint8_t kNotInValue = 2;

constexpr std::array<std::uint8_t, 256> forbidden_characters() {
  std::array<std::uint8_t, 256> forbidden{};
  for (unsigned c = 0; c < forbidden.size(); ++c)
    forbidden[c] =
        static_cast<std::uint8_t>((forbidden_in_name(c) ? kNotInName : 0) | (forbidden_in_value(c) ? kNotInValue : 0));
  return forbidden;
}

constexpr std::array<std::uint8_t, 256> kForbidden = forbidden_characters();

// No early exit: almost every field is valid, and a loop without an early exit has no branch to mispredict.
bool has_any(std::string_view text, std::uint8_t forbidden) {
  unsigned found = 0;
  for (char c : text)
    found |= kForbidden[static_cast<std::uint8_t>(c)];
  return (found & forbidden) != 0;
}

// FNV-1a, so that no copy is needed. Host names are case-insensitive (RFC 9110 4.2.3).
std::uint32_t hash_of(std::string_view authority) {
  constexpr std::uint32_t kOffset = 2166136261;
  constexpr std::uint32_t kPrime = 16777619;
  std::uint32_t hash = kOffset;
  for (char c : authority)
    hash = (hash ^ static_cast<std::uint8_t>(lower_case(c))) * kPrime;
  return hash;
}

bool remove_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// The codings of TE are case-insensitive (RFC 9110 10.1.4).
bool is_trailers(std::string_view value) {
  constexpr std::string_view kTrailers = "trailers";
  if (value.size() != kTrailers.size()) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if ((static_cast<unsigned>(value[i]) | 0x20U) != static_cast<unsigned>(kTrailers[i])) return false;
  }
  return true;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// -1 unless the text is 1 to 18 digits, which always fit in 64 bits.
std::int64_t parse_length(std::string_view digits) {
  constexpr std::size_t kMaxDigits = 18;
  if (digits.empty() || digits.size() > kMaxDigits) return -1;
  std::int64_t length = 0;
  for (char c : digits) {
    if (!is_digit(c)) return -1;
    length = length * 10 + (c - '0');
  }
  return length;
}

}  // namespace

bool is_custom_metadata(std::string_view name) {
  if (name.starts_with(':') || begins(name, "grpc-")) return false;
  switch (name.size()) {
    case 2:
      return !is(name, "te");
    case 4:
      return !is(name, "host");
    case 10:
      return !is(name, "user-agent");
    case 12:
      return !is(name, "content-type");
    case 14:
      return !is(name, "content-length");
    default:
      return true;
  }
}

void FieldRules::begin(SectionKind kind) {
  *this = FieldRules();
  kind_ = kind;
}

bool FieldRules::accept(hpack::HeaderField& field) {
  const FieldFault fault = fault_of(field);
  if (!malformed()) fault_ = fault;
  return fault == FieldFault::None;
}

bool FieldRules::complete() const {
  if (malformed()) return false;
  if (kind_ == SectionKind::Trailers) return true;
  if (has(kConnect)) return has(kEntity) && !has(kScheme) && !has(kPath);  // RFC 9113 8.5
  if (has(kAsterisk) && !has(kOptions)) return false;
  return has(kMethod | kScheme | kPath);
}

FieldFault FieldRules::fault_of(hpack::HeaderField& field) {
  if (field.name.empty()) return FieldFault::Name;
  const FieldFault of_value = value_fault(field);
  if (of_value != FieldFault::None) return of_value;
  if (field.name.front() == ':') return pseudo_fault(field.name, field.value);
  note(kRegular);
  return has_any(field.name, kNotInName) ? FieldFault::Name : regular_fault(field.name, field.value);
}

FieldFault FieldRules::value_fault(hpack::HeaderField& field) {
  std::string_view& value = field.value;
  if (value.empty()) return FieldFault::None;
  if (has_any(value, kNotInValue)) return FieldFault::Characters;
  if (!is_blank(value.front()) && !is_blank(value.back())) return FieldFault::None;
  if (!is_custom_metadata(field.name)) return FieldFault::Whitespace;
  value = trimmed(value);
  return FieldFault::None;
}

// RFC 9113 8.3.1: a path is required; a method and a scheme are tokens of at least one character.
FieldFault FieldRules::pseudo_fault(std::string_view name, std::string_view value) {
  if (kind_ != SectionKind::Request || has(kRegular)) return FieldFault::Place;
  switch (name.size()) {
    case 5:
      return is(name, ":path") && first(kPath) ? take_path(value) : FieldFault::Place;
    case 7:
      if (is(name, ":method")) return first(kMethod) ? take_method(value) : FieldFault::Place;
      return is(name, ":scheme") && first(kScheme) ? take_scheme(value) : FieldFault::Place;
    case 10:
      return is(name, ":authority") && first(kAuthority) ? take_authority(value) : FieldFault::Place;
    default:
      return FieldFault::Place;
  }
}

// Connection-specific fields of HTTP/1.1 are not allowed (RFC 9113 8.2.2).
FieldFault FieldRules::regular_fault(std::string_view name, std::string_view value) {
  const auto fault_if = [](bool broken, FieldFault fault) { return broken ? fault : FieldFault::None; };
  switch (name.size()) {
    case 2:
      return fault_if(is(name, "te") && !is_trailers(value), FieldFault::Value);
    case 4:
      return fault_if(is(name, "host") && !same_entity(value), FieldFault::Value);
    case 7:
      return fault_if(is(name, "upgrade"), FieldFault::Place);
    case 10:
      return fault_if(is(name, "connection") || is(name, "keep-alive"), FieldFault::Place);
    case 14:
      return fault_if(is(name, "content-length") && !take_content_length(value), FieldFault::Value);
    case 16:
      return fault_if(is(name, "proxy-connection"), FieldFault::Place);
    case 17:
      return fault_if(is(name, "transfer-encoding"), FieldFault::Place);
    default:
      return FieldFault::None;
  }
}

FieldRules::Entity FieldRules::entity_of(std::string_view authority) {
  Port port = Port::None;
  if (remove_suffix(authority, ":80")) {
    port = Port::Http;
  } else if (remove_suffix(authority, ":443")) {
    port = Port::Https;
  } else {
    remove_suffix(authority, ":");
  }
  return {hash_of(authority), port};
}

// A request that a proxy translated from HTTP/1.1 may have only Host, without :authority.
bool FieldRules::same_entity(std::string_view host) const {
  if (!has(kEntity)) return true;
  const Entity entity = entity_of(host);
  if (entity.hash != authority_hash_) return false;
  const auto normal = [this](Port port) {
    const bool by_default = port == Port::Http ? has(kHttp) : has(kHttps);
    return by_default ? Port::None : port;
  };
  return normal(entity.port) == normal(authority_port_);
}

FieldFault FieldRules::take_scheme(std::string_view value) {
  if (value.empty()) return FieldFault::Value;
  if (is(value, "http")) note(kHttp);
  if (is(value, "https")) note(kHttps);
  return FieldFault::None;
}

FieldFault FieldRules::take_authority(std::string_view value) {
  if (value.empty()) return FieldFault::None;
  note(kEntity);
  const Entity entity = entity_of(value);
  authority_hash_ = entity.hash;
  authority_port_ = entity.port;
  return FieldFault::None;
}

FieldFault FieldRules::take_method(std::string_view value) {
  if (value.empty()) return FieldFault::Value;
  if (is(value, "CONNECT")) note(kConnect);
  if (is(value, "OPTIONS")) note(kOptions);
  return FieldFault::None;
}

FieldFault FieldRules::take_path(std::string_view value) {
  if (is(value, "*")) note(kAsterisk);
  return value.starts_with('/') || has(kAsterisk) ? FieldFault::None : FieldFault::Value;
}

// The same length may occur twice (RFC 9110 8.6).
bool FieldRules::take_content_length(std::string_view value) {
  if (kind_ == SectionKind::Trailers) return true;
  const std::int64_t length = parse_length(value);
  if (length < 0 || (content_length_ >= 0 && content_length_ != length)) return false;
  content_length_ = length;
  return true;
}

bool FieldRules::first(Seen pseudo) {
  if (has(pseudo)) return false;
  note(pseudo);
  return true;
}

}  // namespace mote::http2
