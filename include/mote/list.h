/* Repeated string, bytes and message fields whose elements stay where they lie: no array of a fixed largest size, and no
 * copy. Plain C, as mote/bytes.h.
 *
 * A .options file asks for it (NAME is the .proto file) with the file's line and one for each repeated field:
 *   NAME.proto include:"mote/list.h" callback_datatype:"mote_bytes" callback_function:"mote_list_callback"
 *   PACKAGE.MESSAGE.FIELD callback_datatype:"mote_list"
 * Everything that mote/bytes.h says holds for the other fields of that file. A repeated field without its line is
 * refused when it is decoded or encoded; repeated numbers want nanopb's max_count instead.
 *
 * A handler walks a copy of the list:
 *   mote_list rest = request.readings;
 *   for (mote_bytes element; mote_list_take(&rest, &element);) ...
 * The element is the string, the bytes or the encoded message: codec::decode(element, reading) reads the latter. Only then
 * is it known whether it can be read, for decoding the message that holds the list does not look inside. */
#pragma once

#include <pb.h>
#include <stdbool.h>
#include <stdint.h>

#include "mote/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The elements of a repeated field, as they lie in their message. All zero is the empty list. Owns nothing: the pieces of
 * the message must outlive it. Encoded, it writes the same elements again. */
typedef struct mote_list {
  mote_bytes first;      /* Where there is one: from its end the others are found. */
  mote_piece_cursor end; /* Of the last one. */
  uint32_t count;        /* Elements that mote_list_take() will give. */
  uint32_t tag;          /* The field's number. */
} mote_list;

/* Takes the first element off the list. False: there is none. */
bool mote_list_take(mote_list* list, mote_bytes* element);

#ifdef __cplusplus
}
#endif
