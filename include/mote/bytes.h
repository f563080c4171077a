/* String and bytes fields of nanopb messages without a copy. A decoded field points into the received message, so it needs
 * no buffer in the message struct and has no maximum size. Plain C: generated messages and C firmware include this file.
 *
 * One line in the .options file enables it (NAME is the .proto file):
 *   NAME.proto include:"mote/bytes.h" callback_datatype:"mote_bytes" callback_function:"mote_bytes_callback"
 * Singular string and bytes fields of that file then have the type `mote_bytes`. Repeated fields need mote/list.h; without
 * it, repeated fields and oneof members fail to decode and encode. Initialize a message struct with zeros ({0} in C, {} in
 * C++). Do not use the _init_ macros of the generated header: they do not support these fields.
 *
 * mote_bytes_callback() is the nanopb callback of these fields. Every generated header declares it.
 * Decoding: the field points into the pieces of the stream. If a field occurs more than once, the last one wins. A string
 * that is not valid UTF-8 is an error; a build with MOTE_SMALL does not check UTF-8, which saves 170 bytes of flash. A
 * value of another wire type with the same field number is skipped, as in protobuf. Encoding: an empty value is omitted, as
 * in proto3. */
#pragma once

#include <pb.h>
#include <pb_decode.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One contiguous part of a message. A message that arrived in parts is a list of pieces; pieces may be empty. The receiver
 * of the message owns the list and the bytes.
 * A list to send may be circular: one piece of zeros whose `next` is itself represents a value of any size. */
typedef struct mote_piece {
  const struct mote_piece* next; /* the next stretch, or null */
  const uint8_t* data;           /* the bytes of this one */
  size_t size;                   /* how many */
} mote_piece;

/* The value of a string or bytes field: `head_size` bytes at `head`, followed by `size` bytes that start `offset` bytes
 * into `pieces`. All zeros is the empty value. It owns no memory: the head and the pieces must outlive it.
 * A decoded field has no head. A service can set one as a prefix: the echo service puts "You said: " before the text of
 * the request and copies nothing. */
typedef struct mote_bytes {
  const uint8_t* head;      /* the bytes in front, or null */
  const mote_piece* pieces; /* the list that holds the rest */
  size_t head_size;         /* bytes at `head` */
  size_t offset;            /* where the rest begins, in bytes from the start of `pieces` */
  size_t size;              /* bytes of the rest */
} mote_bytes;

/* A contiguous run of bytes. */
typedef struct mote_stretch {
  const uint8_t* data; /* the bytes */
  size_t size;         /* how many */
} mote_stretch;

/* Makes a value of `size` bytes at `data`. The value points to `data`, which must outlive it. */
mote_bytes mote_bytes_of(const void* data, size_t size);

/* The value of a string literal. */
#define MOTE_TEXT(literal) mote_bytes_of("" literal, sizeof(literal) - 1)

/* The size of the value in bytes, including its head. */
size_t mote_bytes_size(const mote_bytes* value);

/* Removes the first contiguous run from the value and returns it. To iterate, call it on a copy until it returns size 0.
 * Size 0 while mote_bytes_size() is not 0 means that the pieces are shorter than the value. */
mote_stretch mote_bytes_take(mote_bytes* value);

/* Copies at most `room` bytes of the value to `to`. Returns the number of bytes copied. */
size_t mote_bytes_copy(const mote_bytes* value, void* to, size_t room);

/* Whether the value is exactly the `size` bytes at `data`. */
bool mote_bytes_equal(const mote_bytes* value, const void* data, size_t size);

/* The read position of a stream that mote_piece_stream() made. */
typedef struct mote_piece_cursor {
  const mote_piece* piece; /* null: the end of the list */
  size_t offset;           /* in bytes from the start of `piece` */
} mote_piece_cursor;

/* Makes the nanopb input stream that mote_bytes fields need: `size` bytes, starting at the cursor. Reading moves the cursor,
 * which must outlive the stream. Decoding from any other stream skips mote_bytes fields. */
pb_istream_t mote_piece_stream(mote_piece_cursor* cursor, size_t size);

/* --- For the callback of mote/list.h --- */

/* Moves the cursor past consumed and empty pieces to the next byte. At the end of the list `piece` is null. */
void mote_piece_settle(mote_piece_cursor* cursor);

/* True if mote_piece_stream() made the stream, so that values can point into it. False for streams that nanopb made. */
bool mote_is_piece_stream(const pb_istream_t* stream);

/* Decodes the rest of a piece stream as the value of a string, bytes or message field. Returns false if a string is not
 * valid UTF-8. */
bool mote_bytes_decode(pb_istream_t* stream, const pb_field_t* field, mote_bytes* value);

/* Writes the tag of the field, the size and the value, even if the value is empty. */
bool mote_bytes_encode(pb_ostream_t* stream, const pb_field_t* field, const mote_bytes* value);

#ifdef __cplusplus
}
#endif
