// A word to those who come with HTTP/1: a browser, curl without --http2-prior-knowledge.
#pragma once

#include <string_view>

#include "bytes/byte_writer.h"

namespace mote::lean {

// Whether the first bytes of a connection are a request of HTTP/1.
bool speaks_http1(std::string_view first_bytes);

// The whole answer, after which the connection is closed: the page for GET /, and for all else that HTTP/2 is needed.
void answer_http1(std::string_view first_bytes, ByteWriter& out);

}  // namespace mote::lean
