/* Repeated fields, optional strings and bytes, and strings in a oneof, without a copy. The elements of a received list stay
 * in the message, so a list needs no array and has no maximum length. Plain C, like mote/bytes.h.
 *
 * protoc-gen-mote chooses these types (docs/services.md). Without it, the .options file needs one line for the file and one
 * for each repeated or optional field (NAME is the .proto file):
 *   NAME.proto include:"mote/list.h" callback_datatype:"mote_bytes" callback_function:"mote_field_callback"
 *   PACKAGE.MESSAGE.FIELD callback_datatype:"mote_list"        a repeated field
 *   PACKAGE.MESSAGE.FIELD callback_datatype:"mote_optional"    an optional string or bytes field
 * A file without a repeated field may name mote_optional_callback instead: the program is then without the code for lists.
 * For the other fields of the file, the rules of mote/bytes.h apply. A repeated field without its own line fails to decode
 * and encode. A struct of more than 255 bytes needs the line PACKAGE.MESSAGE descriptorsize:DS_2.
 *
 * Reading: take the elements from a copy of the list.
 *   mote_list rest = request.readings;
 *   for (plant_v1_Reading reading; mote_list_take_message(&rest, plant_v1_Reading_fields, &reading);) ...
 * In C++ a list is a range: for (const Reading& reading : request.readings) ... (mote/list_of.h).
 *
 * Sending: make a list of an array, which must stay valid until the message has been sent.
 *   request.readings = mote_list_of(readings, count, plant_v1_Reading_fields);
 *   request.names = mote_list_of_values(names, count);     strings, bytes (mote_bytes) and numbers */
#pragma once

#include <pb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mote/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The elements of a repeated field. All zeros is the empty list. It owns no memory: the pieces of the received message, or
 * the array, must outlive it. Encoding a decoded list writes the same elements. The content is private, except `count`. */
typedef struct mote_list {
  mote_bytes first;           /* received: the first element, or what is left of the first packed numbers */
  mote_piece_cursor end;      /* received: the end of the last element */
  const void* array;          /* to send: the elements; null for a received list */
  const pb_msgdesc_t* fields; /* to send: what the elements are, if they are messages */
  uint32_t count;             /* number of elements left */
  uint16_t tag;               /* received: the field number */
  uint8_t kind;               /* received: the encoding of numbers (PB_LTYPE) */
  uint8_t unused;             /* padding */
  size_t stride;              /* to send: the distance of two elements of the array in bytes */
} mote_list;

/* An optional string or bytes field. All zeros is an absent field; an empty value can be present. */
typedef struct mote_optional {
  mote_bytes value; /* empty if the field is absent */
  bool has_value;   /* whether the field is present */
} mote_optional;

/* A field that is present with this value. */
mote_optional mote_some(mote_bytes value);

/* Makes a list of `count` message structs, which `fields` describes. `stride` is the size of one struct. */
mote_list mote_list_of_messages(const void* array, size_t count, size_t stride, const pb_msgdesc_t* fields);
/* Makes a list of `count` numbers, bools or mote_bytes of `stride` bytes each. The elements must have the type of the field:
 * int32_t for int32, sint32, sfixed32 and enums, uint64_t for uint64 and fixed64, and so on. */
mote_list mote_list_of_elements(const void* array, size_t count, size_t stride);

/* mote_list_of_messages(); the compiler knows the size of an element. */
#define mote_list_of(array, count, fields) mote_list_of_messages((array), (count), sizeof *(array), (fields))
/* mote_list_of_elements(); the compiler knows the size of an element. */
#define mote_list_of_values(array, count) mote_list_of_elements((array), (count), sizeof *(array))

/* Removes the first element, a string, bytes or an encoded message, from the list and stores it in `element`. Returns false
 * if the list is empty, or if it is a list to send of messages, which are not encoded yet. */
bool mote_list_take(mote_list* list, mote_bytes* element);

/* Removes the first message from a received list and decodes it into the struct `message`, which `fields` describes.
 * Returns false if the list is empty. A build with MOTE_SMALL also returns false, with `count` unchanged, if the message is
 * malformed. Other builds refuse malformed elements when they decode the message that contains the list. */
bool mote_list_take_message(mote_list* list, const pb_msgdesc_t* fields, void* message);

/* Removes the first number from a received list and stores its bits in `number`: integers with their sign, a float or double
 * as its IEEE 754 bits. Returns false if the list is empty. */
bool mote_list_take_number(mote_list* list, uint64_t* number);

#ifdef __cplusplus
}
#endif

/* The type of a generated field: MOTE_LIST(element). It is a mote_list in C, and a range of elements in C++. */
#ifdef __cplusplus
#include "mote/list_of.h"
#define MOTE_LIST(...) mote::ListOf<__VA_ARGS__>
#else
#define MOTE_LIST(...) mote_list
#endif
