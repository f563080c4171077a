#include "codec/message_check.h"

#include <pb_common.h>

#include <cstddef>
#include <cstdint>

#include "codec/message_reader.h"
#include "codec/wire_type.h"

namespace mote::codec {

namespace {

class Checker {
 public:
  explicit Checker(const mote_bytes& value) : in_({value.pieces, value.offset}, value.size) {}

  bool message(const pb_msgdesc_t* fields, unsigned depth);
  [[nodiscard]] const char* reason() const { return in_.reason(); }

 private:
  bool field(const pb_field_iter_t& field, Tag tag, unsigned depth);
  bool numbers(WireType type);

  MessageReader in_;
};

// NOLINTBEGIN(misc-no-recursion): at most kMaxNesting levels
bool Checker::message(const pb_msgdesc_t* fields, unsigned depth) {
  if (depth >= kMaxNesting) return in_.fail("messages nested too deep");
  pb_field_iter_t field;
  (void)pb_field_iter_begin(&field, fields, nullptr);  // False: no fields; none is found below.
  while (!in_.done()) {
    Tag tag;
    if (!in_.take_tag(tag)) return false;
    const bool known = pb_field_iter_find(&field, tag.number) && PB_LTYPE(field.type) != PB_LTYPE_EXTENSION;
    if (!(known ? this->field(field, tag, depth) : in_.skip_value(tag, depth))) return false;
  }
  return true;
}

bool Checker::field(const pb_field_iter_t& field, Tag tag, unsigned depth) {
  const WireType wanted = wire_type_of(field.type);
  const bool has_content =
      tag.type == WireType::Length && (wanted == WireType::Length || PB_HTYPE(field.type) == PB_HTYPE_REPEATED);
  if (!has_content) return in_.skip_value(tag, depth);
  std::size_t length = 0;
  if (!in_.take_length(length)) return false;
  if (PB_LTYPE(field.type) == PB_LTYPE_STRING) return in_.take_text(length);
  const std::size_t hidden = in_.hide_behind(length);
  bool sound = false;
  if (PB_LTYPE_IS_SUBMSG(field.type)) {
    sound = message(field.submsg_desc, depth + 1);
  } else if (wanted == WireType::Length) {
    sound = in_.skip(length);
  } else {
    sound = numbers(wanted);
  }
  if (sound) in_.show(hidden);
  return sound;
}
// NOLINTEND(misc-no-recursion)

bool Checker::numbers(WireType type) {
  while (!in_.done()) {
    if (!in_.skip_value({.number = 0, .type = type}, 0)) return false;
  }
  return true;
}

}  // namespace

DecodeResult check(const mote_bytes& value, const pb_msgdesc_t* fields) {
  Checker checker(value);
  (void)checker.message(fields, 0);  // False: there is a reason.
  return {checker.reason()};
}

}  // namespace mote::codec
