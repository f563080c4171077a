/* Repeated string, bytes and message fields without a copy. The elements stay in the received message, so a list needs no
 * array and has no maximum length. Plain C, like mote/bytes.h.
 *
 * The .options file needs one line for the file and one for each repeated field (NAME is the .proto file):
 *   NAME.proto include:"mote/list.h" callback_datatype:"mote_bytes" callback_function:"mote_list_callback"
 *   PACKAGE.MESSAGE.FIELD callback_datatype:"mote_list"
 * For the other fields of the file, the rules of mote/bytes.h apply. A repeated field without its own line fails to decode
 * and encode. Repeated numbers use nanopb's max_count instead.
 *
 * A handler iterates over a copy of the list:
 *   mote_list rest = request.readings;
 *   for (mote_bytes element; mote_list_take(&rest, &element);) ...
 * An element is a string, bytes or an encoded message. codec::decode(element, reading) decodes an encoded message. Errors in
 * an element are found only then: decoding the outer message does not check its elements. */
#pragma once

#include <pb.h>
#include <stdbool.h>
#include <stdint.h>

#include "mote/bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The elements of a repeated field, inside their message. All zeros is the empty list. It owns no memory: the pieces of
 * the message must outlive it. Encoding a decoded list writes the same elements. */
typedef struct mote_list {
  mote_bytes first;      /* The first element; the search for the next one starts at its end. */
  mote_piece_cursor end; /* The end of the last element. */
  uint32_t count;        /* Number of elements left. */
  uint32_t tag;          /* The field number. */
} mote_list;

/* Removes the first element from the list and stores it in `element`. Returns false if the list is empty. */
bool mote_list_take(mote_list* list, mote_bytes* element);

#ifdef __cplusplus
}
#endif
