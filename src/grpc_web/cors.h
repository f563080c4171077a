// The fields of a response that tell a browser what a page of another origin may do (the CORS protocol of fetch.spec.whatwg.org).
#pragma once

#include <string_view>

namespace mote::grpc_web {

// Calls `add` with the name and value of each field. The page of this origin may read the response.
template <class Add>
void allow_reading(std::string_view origin, Add add) {
  add("access-control-allow-origin", origin);
  add("access-control-expose-headers", "*");
  add("vary", "origin");
}

// The same for the answer to a preflight request: a call may follow, with the fields that the browser has asked for.
template <class Add>
void allow_calls(std::string_view requested_fields, Add add) {
  add("access-control-allow-methods", "POST");
  add("access-control-max-age", "600");
  add("access-control-allow-headers", requested_fields);
}

}  // namespace mote::grpc_web
