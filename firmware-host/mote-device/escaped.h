// Escapes external text (a status message, a reply, a file name) for its output format.
// If the text is not UTF-8, bytes above 0x7f become '?'.
#pragma once

#include <cstdio>
#include <string_view>

namespace mote::tool {

// For a terminal: control characters become '?'.
void put_line_text(std::string_view text, std::FILE* out);
// For XML 1.0, as character data or an attribute in double quotes: <, >, & and " are escaped, control characters become '?'.
void put_xml_text(std::string_view text, std::FILE* out);
// As a JSON string, with its quotes (RFC 8259 7).
void put_json_string(std::string_view text, std::FILE* out);

bool is_utf8(std::string_view text);

}  // namespace mote::tool
