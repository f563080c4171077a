#include "mote/list.h"

#include <pb_encode.h>

#include <cstdint>
#include <cstring>
#include <span>

#include "codec/list_field.h"
#include "codec/message_check.h"
#include "codec/message_reader.h"
#include "codec/wire_type.h"
#include "mote/message.h"

namespace mote::codec {

namespace {

constexpr const char* kInParts = "a list in a message that is split into parts";
constexpr const char* kOtherType = "a list whose elements have another type than the field";

bool is_number(unsigned kind) {
  return kind <= PB_LTYPE_LAST_PACKABLE;
}

mote_piece_cursor cursor_of(const mote_bytes& value) {
  return {value.pieces, value.offset};
}

// Moves to the content of the next element, or of the next packed numbers, and returns its size. False: there is none.
bool find_next(mote_piece_cursor& cursor, const mote_list& list, std::uint32_t& size) {
  MessageReader reader(cursor, SIZE_MAX);
  Tag tag;
  for (;;) {
    if (!reader.take_tag(tag)) return false;
    if (tag.number == list.tag && (tag.type == WireType::Length || tag.type == wire_type_of(list.kind))) break;
    if (!reader.skip_value(tag, 0)) return false;
  }
  std::size_t length = 0;
  if (tag.type == WireType::Length) {
    if (!reader.take_length(length)) return false;
    cursor = reader.cursor();
  } else {
    cursor = reader.cursor();
    const std::size_t left = reader.left();
    if (!reader.skip_value(tag, 0)) return false;
    length = left - reader.left();
  }
  size = static_cast<std::uint32_t>(length);
  return true;
}

// True if the elements of `content` can be found after the previous ones. They cannot if the message that contains the
// list is split into several parts, with other data in between.
bool follows(const mote_list& list, const mote_bytes& content) {
  mote_piece_cursor cursor = list.end;
  std::uint32_t size = 0;
  return find_next(cursor, list, size) && cursor.piece == content.pieces && cursor.offset == content.offset &&
         size == content.size;
}

// Counts the numbers in `content`. Null, or an error.
const char* count_numbers(const mote_bytes& content, unsigned kind, std::uint32_t& count) {
  MessageReader reader(cursor_of(content), content.size);
  const Tag number{.number = 0, .type = wire_type_of(static_cast<pb_type_t>(kind))};
  for (count = 0; !reader.done(); ++count) {
    if (!reader.skip_value(number, 0)) return reader.reason();
  }
  return nullptr;
}

std::uint64_t unzigzag(std::uint64_t number) {
  return (number >> 1U) ^ (0 - (number & 1U));
}

// The next number of a received list.
bool take_received(mote_list& list, std::uint64_t& number) {
  if (list.count == 0) return false;
  while (list.first.size == 0) {
    mote_piece_cursor cursor = cursor_of(list.first);
    std::uint32_t size = 0;
    if (!find_next(cursor, list, size)) return false;
    list.first = {nullptr, cursor.piece, 0, cursor.offset, size};
  }
  MessageReader reader(cursor_of(list.first), list.first.size);
  std::array<std::uint8_t, sizeof number> bytes{};
  const WireType type = wire_type_of(list.kind);
  const std::size_t fixed = type == WireType::Fixed32 ? sizeof(std::uint32_t) : sizeof number;
  const bool taken =
      type == WireType::Varint ? reader.take_varint(number) : reader.take_bytes(std::span(bytes).first(fixed));
  if (!taken) return false;
  if (type != WireType::Varint) std::memcpy(&number, bytes.data(), sizeof number);
  if (list.kind == PB_LTYPE_SVARINT) number = unzigzag(number);
  const mote_piece_cursor rest = reader.cursor();
  list.first = {nullptr, rest.piece, 0, rest.offset, reader.left()};
  --list.count;
  return true;
}

const void* take_from_array(mote_list& list) {
  const void* const element = list.array;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-bounds-pointer-arithmetic): a C array of elements of unknown type
  list.array = static_cast<const std::uint8_t*>(list.array) + list.stride;
  --list.count;
  return element;
}

template <class Unsigned, class Signed>
std::uint64_t loaded(const void* from, bool is_signed) {
  Unsigned number = 0;
  std::memcpy(&number, from, sizeof number);
  return is_signed ? static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<Signed>(number))) : number;
}

// The next number of a list to send, which is not empty.
std::uint64_t take_to_send(mote_list& list, unsigned kind) {
  const bool is_signed = kind == PB_LTYPE_VARINT || kind == PB_LTYPE_SVARINT;
  const std::size_t stride = list.stride;
  const void* const element = take_from_array(list);
  switch (stride) {
    case 1:
      return loaded<std::uint8_t, std::int8_t>(element, is_signed);
    case 2:
      return loaded<std::uint16_t, std::int16_t>(element, is_signed);
    case 4:
      return loaded<std::uint32_t, std::int32_t>(element, is_signed);
    default:
      return loaded<std::uint64_t, std::int64_t>(element, is_signed);
  }
}

bool number_stride_fits(unsigned kind, std::size_t stride) {
  switch (kind) {
    case PB_LTYPE_BOOL:
      return stride == sizeof(bool);
    case PB_LTYPE_FIXED32:
      return stride == sizeof(std::uint32_t);
    case PB_LTYPE_FIXED64:
      return stride == sizeof(std::uint64_t);
    default:
      return stride == 1 || stride == 2 || stride == 4 || stride == 8;
  }
}

bool write_number(pb_ostream_t* output, unsigned kind, std::uint64_t number) {
  switch (wire_type_of(static_cast<pb_type_t>(kind))) {
    case WireType::Fixed32:
      return pb_encode_fixed32(output, &number);  // Little-endian: its first four bytes are the low ones.
    case WireType::Fixed64:
      return pb_encode_fixed64(output, &number);
    default:
      return kind == PB_LTYPE_SVARINT ? pb_encode_svarint(output, static_cast<std::int64_t>(number))
                                      : pb_encode_varint(output, number);
  }
}

bool write_numbers(pb_ostream_t* output, unsigned kind, mote_list rest) {
  std::uint64_t number = 0;
  while (rest.count > 0) {
    if (rest.array != nullptr) {
      number = take_to_send(rest, kind);
    } else if (!take_received(rest, number)) {
      return false;
    }
    if (!write_number(output, kind, number)) return false;
  }
  return true;
}

// Packed, as proto3 writes numbers.
bool encode_numbers(pb_ostream_t* output, const pb_field_t& field, const mote_list& list) {
  const unsigned kind = PB_LTYPE(field.type);
  if (list.count == 0) return true;
  if (list.array != nullptr && !number_stride_fits(kind, list.stride)) PB_RETURN_ERROR(output, kOtherType);
  pb_ostream_t sizing{};
  return write_numbers(&sizing, kind, list) && pb_encode_tag(output, PB_WT_STRING, field.tag) &&
         pb_encode_varint(output, sizing.bytes_written) && write_numbers(output, kind, list);
}

bool encode_messages(pb_ostream_t* output, const pb_field_t& field, mote_list rest) {
  if (rest.fields != field.submsg_desc) PB_RETURN_ERROR(output, kOtherType);
  while (rest.count > 0) {
    if (!pb_encode_tag(output, PB_WT_STRING, field.tag)) return false;
    if (!pb_encode_submessage(output, field.submsg_desc, take_from_array(rest))) return false;
  }
  return true;
}

}  // namespace

bool decode_list(pb_istream_t* input, const pb_field_t& field, mote_list& list) {
  mote_bytes content{};
  if (!mote_bytes_decode(input, &field, &content)) return false;
  const unsigned kind = PB_LTYPE(field.type);
  std::uint32_t elements = 1;
  const char* error = nullptr;
  if (is_number(kind)) error = count_numbers(content, kind, elements);
  if (!kSmall && PB_LTYPE_IS_SUBMSG(field.type)) error = check(content, field.submsg_desc).reason;
  if (error != nullptr) PB_RETURN_ERROR(input, error);
  if (list.count == 0) {
    list.first = content;
    list.tag = field.tag;
    list.kind = static_cast<std::uint8_t>(kind);
  } else if (!follows(list, content)) {
    PB_RETURN_ERROR(input, kInParts);
  }
  list.end = {content.pieces, content.offset + content.size};
  list.count += elements;
  return true;
}

bool encode_list(pb_ostream_t* output, const pb_field_t& field, const mote_list& list) {
  if (is_number(PB_LTYPE(field.type))) return encode_numbers(output, field, list);
  if (list.array != nullptr && PB_LTYPE_IS_SUBMSG(field.type)) return encode_messages(output, field, list);
  if (list.array != nullptr && list.stride != sizeof(mote_bytes)) PB_RETURN_ERROR(output, kOtherType);
  mote_list rest = list;
  for (mote_bytes element{}; mote_list_take(&rest, &element);) {
    if (!mote_bytes_encode(output, &field, &element)) return false;
  }
  return rest.count == 0;
}

}  // namespace mote::codec

using namespace mote::codec;  // NOLINT(google-build-using-namespace): C functions are in no namespace

mote_list mote_list_of_messages(const void* array, size_t count, size_t stride, const pb_msgdesc_t* fields) {
  mote_list list{};
  list.array = array;
  list.fields = fields;
  list.count = static_cast<std::uint32_t>(count);
  list.stride = stride;
  return list;
}

mote_list mote_list_of_elements(const void* array, size_t count, size_t stride) {
  return mote_list_of_messages(array, count, stride, nullptr);
}

bool mote_list_take(mote_list* list, mote_bytes* element) {
  if (list->count == 0) return false;
  if (list->array != nullptr) {
    if (list->stride != sizeof(mote_bytes) || list->fields != nullptr) return false;
    *element = *static_cast<const mote_bytes*>(take_from_array(*list));
    return true;
  }
  *element = list->first;
  --list->count;
  mote_piece_cursor cursor{element->pieces, element->offset + element->size};
  std::uint32_t size = 0;
  // It was found when the message was decoded.
  if (list->count > 0 && find_next(cursor, *list, size)) list->first = {nullptr, cursor.piece, 0, cursor.offset, size};
  return true;
}

bool mote_list_take_message(mote_list* list, const pb_msgdesc_t* fields, void* message) {
  mote_list rest = *list;
  mote_bytes element{};
  if (list->array != nullptr || !mote_list_take(&rest, &element)) return false;
  if (!decode(element, fields, message).ok()) return false;
  *list = rest;
  return true;
}

bool mote_list_take_number(mote_list* list, uint64_t* number) {
  return list->array == nullptr && take_received(*list, *number);
}
