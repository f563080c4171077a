#include "wire/field_rules.h"

#include <array>
#include <cstddef>

#include "wire/field_characters.h"
#include "wire/literal.h"

namespace mote::wire {

namespace {

// A bit for names and one for values, looked up for every byte of every header.
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

// No early exit: almost every field is good, and without it the loop has no branch to mispredict.
bool has_any(std::string_view text, std::uint8_t forbidden) {
  unsigned found = 0;
  for (char c : text)
    found |= kForbidden[static_cast<std::uint8_t>(c)];
  return (found & forbidden) != 0;
}

bool value_without_fault(std::string_view value) {
  if (value.empty()) return true;
  return !is_blank(value.front()) && !is_blank(value.back()) && !has_any(value, kNotInValue);
}

// FNV-1a, in place of a copy. A host's name is compared without regard to case (RFC 9110 4.2.3).
std::uint32_t hash_of_authority(std::string_view authority) {
  constexpr std::uint32_t kOffset = 2166136261;
  constexpr std::uint32_t kPrime = 16777619;
  std::uint32_t hash = kOffset;
  for (char c : authority)
    hash = (hash ^ static_cast<std::uint8_t>(lower_case(c))) * kPrime;
  return hash;
}

// Codings of TE are compared without regard to case (RFC 9110 10.1.4).
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

// -1 for anything but 1 to 18 digits, which is what surely fits.
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

void FieldRules::begin(SectionKind kind) {
  *this = FieldRules();
  kind_ = kind;
}

bool FieldRules::accept(const HeaderField& field) {
  if (!malformed() && !well_formed(field)) note(kMalformed);
  return !malformed();
}

bool FieldRules::complete() const {
  if (malformed()) return false;
  if (kind_ == SectionKind::Trailers) return true;
  if (has(kConnect)) return has(kAuthority) && !has(kScheme) && !has(kPath);  // RFC 9113 8.5
  if (has(kAsterisk) && !has(kOptions)) return false;
  return has(kMethod | kScheme | kPath);
}

bool FieldRules::well_formed(const HeaderField& field) {
  if (field.name.empty() || !value_without_fault(field.value)) return false;
  if (field.name.front() == ':') return accept_pseudo(field.name, field.value);
  note(kRegular);
  return !has_any(field.name, kNotInName) && accept_regular(field.name, field.value);
}

// An empty value is none of these five: RFC 9113 8.3.1 wants a path, RFC 9110 4.2.1 a host, the rest are tokens.
bool FieldRules::accept_pseudo(std::string_view name, std::string_view value) {
  if (kind_ != SectionKind::Request || has(kRegular) || value.empty()) return false;
  switch (name.size()) {
    case 5:
      return is(name, ":path") && first(kPath) && accept_path(value);
    case 7:
      if (is(name, ":method")) return first(kMethod) && accept_method(value);
      return is(name, ":scheme") && first(kScheme);
    case 10:
      return is(name, ":authority") && first(kAuthority) && accept_authority(value);
    default:
      return false;
  }
}

// What belongs to a connection of HTTP/1.1 has no place here (RFC 9113 8.2.2).
bool FieldRules::accept_regular(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 2:
      return !is(name, "te") || is_trailers(value);
    case 4:
      return !is(name, "host") || accept_host(value);
    case 7:
      return !is(name, "upgrade");
    case 10:
      return !is(name, "connection") && !is(name, "keep-alive");
    case 14:
      return !is(name, "content-length") || accept_content_length(value);
    case 16:
      return !is(name, "proxy-connection");
    case 17:
      return !is(name, "transfer-encoding");
    default:
      return true;
  }
}

bool FieldRules::accept_authority(std::string_view value) {
  authority_hash_ = hash_of_authority(value);
  return true;
}

// A request that was one of HTTP/1.1 may have nothing but Host.
bool FieldRules::accept_host(std::string_view value) const {
  return !has(kAuthority) || authority_hash_ == hash_of_authority(value);
}

bool FieldRules::accept_method(std::string_view value) {
  if (is(value, "CONNECT")) note(kConnect);
  if (is(value, "OPTIONS")) note(kOptions);
  return true;
}

bool FieldRules::accept_path(std::string_view value) {
  if (is(value, "*")) note(kAsterisk);
  return value.front() == '/' || has(kAsterisk);
}

// The same length twice is tolerated, as RFC 9110 8.6 allows.
bool FieldRules::accept_content_length(std::string_view value) {
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

}  // namespace mote::wire
