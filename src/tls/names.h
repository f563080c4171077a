// DNS names of certificates, and lists of them.
#pragma once

#include <string_view>

namespace mote::tls {

// Letters, digits, '-', '.' and '_', at most 253 of them.
[[nodiscard]] bool is_name(std::string_view text);

// Whether `name` is `pattern`, in which a first label `*` stands for one label (RFC 6125 6.4.3). Letters count without case.
[[nodiscard]] bool name_matches(std::string_view pattern, std::string_view name);

// Whether a pattern of `patterns` matches; each ends with a line feed.
[[nodiscard]] bool name_listed(std::string_view patterns, std::string_view name);

}  // namespace mote::tls
