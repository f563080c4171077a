// The nanopb callbacks of messages with mote_list, mote_optional, or mote_bytes in a oneof.
#include <pb_decode.h>
#include <pb_encode.h>

#include "codec/list_field.h"
#include "mote/list.h"

// bytes.cpp defines it. Its header does not declare it, because the generated headers do, and two declarations are an error.
extern "C" bool mote_bytes_callback(pb_istream_t* istream, pb_ostream_t* ostream, const pb_field_t* field);

namespace {

constexpr const char* kNotAList = "a repeated field needs callback_datatype:\"mote_list\"";

static_assert(sizeof(mote_list) != sizeof(mote_bytes) && sizeof(mote_optional) != sizeof(mote_bytes) &&
                  sizeof(mote_optional) != sizeof(mote_list),
              "the size of a field tells its type");

bool is_optional(const pb_field_t& field) {
  return field.data_size == sizeof(mote_optional);
}

// These fields are written even if they are empty. Messages cannot stay encoded: type_override:TYPE_BYTES does that.
bool has_presence(const pb_field_t& field) {
  if (PB_LTYPE_IS_SUBMSG(field.type)) return false;
  return is_optional(field) || PB_HTYPE(field.type) == PB_HTYPE_ONEOF;
}

bool decode_repeated(pb_istream_t* input, const pb_field_t& field) {
  if (field.data_size != sizeof(mote_list)) PB_RETURN_ERROR(input, kNotAList);
  // Any other stream skips the field.
  if (!mote_is_piece_stream(input)) return true;
  return mote::codec::decode_list(input, field, *static_cast<mote_list*>(field.pData));
}

bool encode_repeated(pb_ostream_t* output, const pb_field_t& field) {
  if (field.data_size != sizeof(mote_list)) PB_RETURN_ERROR(output, kNotAList);
  return mote::codec::encode_list(output, field, *static_cast<const mote_list*>(field.pData));
}

bool decode_present(pb_istream_t* input, const pb_field_t& field) {
  if (!mote_is_piece_stream(input)) return true;
  mote_bytes value{};
  if (!mote_bytes_decode(input, &field, &value)) return false;
  if (is_optional(field)) {
    *static_cast<mote_optional*>(field.pData) = mote_some(value);
  } else {
    *static_cast<mote_bytes*>(field.pData) = value;
  }
  return true;
}

bool encode_present(pb_ostream_t* output, const pb_field_t& field) {
  if (!is_optional(field)) return mote_bytes_encode(output, &field, static_cast<const mote_bytes*>(field.pData));
  const auto& optional = *static_cast<const mote_optional*>(field.pData);
  return !optional.has_value || mote_bytes_encode(output, &field, &optional.value);
}

}  // namespace

mote_optional mote_some(mote_bytes value) {
  return {value, true};
}

// The generated headers declare it.
extern "C" bool mote_optional_callback(pb_istream_t* istream, pb_ostream_t* ostream, const pb_field_t* field) {
  if (!has_presence(*field)) return mote_bytes_callback(istream, ostream, field);
  return istream != nullptr ? decode_present(istream, *field) : encode_present(ostream, *field);
}

// The same.
extern "C" bool mote_field_callback(pb_istream_t* istream, pb_ostream_t* ostream, const pb_field_t* field) {
  if (PB_HTYPE(field->type) != PB_HTYPE_REPEATED) return mote_optional_callback(istream, ostream, field);
  return istream != nullptr ? decode_repeated(istream, *field) : encode_repeated(ostream, *field);
}
