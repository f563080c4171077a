// Answers for HTTP/1 clients: a browser, curl without --http2-prior-knowledge.
#pragma once

#include <string_view>

#include "bytes/byte_writer.h"

namespace mote::lean {

// Whether the first bytes of a connection are a request of HTTP/1.
bool speaks_http1(std::string_view first_bytes);

// Writes the complete answer: the service page for GET /, otherwise an error. The caller closes the connection.
void answer_http1(std::string_view first_bytes, std::string_view service_page, ByteWriter& out);

}  // namespace mote::lean
