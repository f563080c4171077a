// One header field of a request, a response or trailers.
#pragma once

#include <string_view>

namespace mote::hpack {

// Views; the function that passes a field documents how long they are valid.
struct HeaderField {
  std::string_view name;
  std::string_view value;
  bool never_indexed = false;  // RFC 7541 6.2.3: an intermediary must not put it into any table

  friend bool operator==(const HeaderField&, const HeaderField&) = default;
};

// Receives the fields of a header block in their order.
class FieldSink {
 public:
  // The views are valid only during the call.
  virtual void on_field(const HeaderField& field) = 0;

  // Called in place of a field that is too large for scratch.
  virtual void on_oversized_field() = 0;

 protected:
  ~FieldSink() = default;
};

}  // namespace mote::hpack
