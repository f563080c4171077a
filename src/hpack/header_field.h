// One header field of a request, a response or trailers.
#pragma once

#include <string_view>

namespace mote::hpack {

// Views of memory that somebody else owns; who gives a field says how long they hold.
struct HeaderField {
  std::string_view name;
  std::string_view value;
  bool never_indexed = false;  // RFC 7541 6.2.3: an intermediary must not put it into any table

  friend bool operator==(const HeaderField&, const HeaderField&) = default;
};

// Takes the fields of a header block in the order in which they stand there.
class FieldSink {
 public:
  // The views hold during the call only.
  virtual void on_field(const HeaderField& field) = 0;

  // Stands for a field that was left out because it is too large to be put together.
  virtual void on_oversized_field() = 0;

 protected:
  ~FieldSink() = default;
};

}  // namespace mote::hpack
