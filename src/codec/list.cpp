#include "mote/list.h"

#include <pb_decode.h>
#include <pb_encode.h>

#include <cstdint>

#include "codec/message_reader.h"

// bytes.cpp defines it. Its header does not declare it, because the generated headers do, and two declarations are an error.
extern "C" bool mote_bytes_callback(pb_istream_t* istream, pb_ostream_t* ostream, const pb_field_t* field);

namespace {

constexpr const char* kInParts = "a list in a message that is split into parts";
constexpr const char* kNumbers = "repeated numbers need max_count";
constexpr const char* kNotAList = "a repeated field needs callback_datatype:\"mote_list\"";

// The error in the field's line of the .options file, or null.
const char* mistake_in(const pb_field_t& field) {
  static_assert(sizeof(mote_list) != sizeof(mote_bytes), "the size of a field identifies its type");
  switch (PB_LTYPE(field.type)) {
    case PB_LTYPE_STRING:
    case PB_LTYPE_BYTES:
    case PB_LTYPE_SUBMESSAGE:
      return field.data_size == sizeof(mote_list) ? nullptr : kNotAList;
    default:
      return kNumbers;
  }
}

// Moves to the content of the next element and returns its size. False: there is no further element.
bool find_next(mote_piece_cursor& cursor, std::uint32_t wanted, std::uint32_t& size) {
  mote::codec::MessageReader reader(cursor, SIZE_MAX);
  for (mote::codec::Tag tag;;) {
    if (!reader.take_tag(tag)) return false;
    if (tag.number == wanted && tag.type == mote::codec::WireType::Length) break;
    if (!reader.skip_value(tag, 0)) return false;
  }
  std::size_t length = 0;
  if (!reader.take_length(length)) return false;
  size = static_cast<std::uint32_t>(length);
  cursor = reader.cursor();
  return true;
}

// True if mote_list_take() can find this element after the previous ones. It cannot if the message that contains the
// list is split into several parts, with other data in between.
bool follows(const mote_list& list, const mote_bytes& element) {
  mote_piece_cursor cursor = list.end;
  std::uint32_t size = 0;
  return find_next(cursor, list.tag, size) && cursor.piece == element.pieces && cursor.offset == element.offset &&
         size == element.size;
}

bool decode_list(pb_istream_t* input, const pb_field_t& field, mote_list& list) {
  mote_bytes element{};
  if (!mote_bytes_decode(input, &field, &element)) return false;
  if (list.count == 0) {
    list.first = element;
    list.tag = field.tag;
  } else if (!follows(list, element)) {
    PB_RETURN_ERROR(input, kInParts);
  }
  list.end = {element.pieces, element.offset + element.size};
  ++list.count;
  return true;
}

bool encode_list(pb_ostream_t* output, const pb_field_t& field, mote_list rest) {
  for (mote_bytes element{}; mote_list_take(&rest, &element);) {
    if (!mote_bytes_encode(output, &field, &element)) return false;
  }
  return true;
}

}  // namespace

bool mote_list_take(mote_list* list, mote_bytes* element) {
  if (list->count == 0) return false;
  *element = list->first;
  --list->count;
  mote_piece_cursor cursor{element->pieces, element->offset + element->size};
  std::uint32_t size = 0;
  // It was found when the message was decoded.
  if (list->count > 0 && find_next(cursor, list->tag, size))
    list->first = {nullptr, cursor.piece, 0, cursor.offset, size};
  return true;
}

// The generated headers declare it.
extern "C" bool mote_list_callback(pb_istream_t* istream, pb_ostream_t* ostream, const pb_field_t* field) {
  if (PB_HTYPE(field->type) != PB_HTYPE_REPEATED) return mote_bytes_callback(istream, ostream, field);
  if (const char* const mistake = mistake_in(*field)) {
    if (istream != nullptr) PB_RETURN_ERROR(istream, mistake);
    PB_RETURN_ERROR(ostream, mistake);
  }
  if (istream == nullptr) return encode_list(ostream, *field, *static_cast<const mote_list*>(field->pData));
  // Any other stream skips the field.
  if (!mote_is_piece_stream(istream)) return true;
  return decode_list(istream, *field, *static_cast<mote_list*>(field->pData));
}
