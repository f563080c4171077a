/* String and bytes fields of nanopb messages that stay where they lie: nothing is copied into the message struct, and no
 * field has a fixed largest size. Plain C, because generated messages and C firmware include it.
 *
 * A .options file asks for it with one line (NAME is the .proto file):
 *   NAME.proto include:"mote/bytes.h" callback_datatype:"mote_bytes" callback_function:"mote_bytes_callback"
 * Singular string and bytes fields of that file are then `mote_bytes`. Repeated ones (mote/list.h holds them) and oneof
 * members are refused when they are decoded or encoded. Start a message struct from all zero ({0} in C, {} in C++), for the _init_ macros of the
 * generated header are made for other fields.
 *
 * mote_bytes_callback(), declared by every header so generated, is the nanopb callback of these fields.
 * Decoding: it points the field into the stream's pieces; the last one wins; a string that is not UTF-8 is refused, bytes
 * are not looked at (in a build with MOTE_SMALL strings are not either, which saves 170 bytes of flash); a number under
 * the field's number is skipped, as protobuf does.
 * Encoding: an empty value is left out, as proto3 does. */
#pragma once

#include <pb.h>
#include <pb_decode.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One stretch of a message; a message that arrived in parts is a list of them, any of which may be empty. Whoever
 * received the message owns the list and the bytes.
 * A list that is sent may lead back to itself: one piece of zeros that is its own next is a value of any size. */
typedef struct mote_piece {
  const struct mote_piece* next;
  const uint8_t* data;
  size_t size;
} mote_piece;

/* The value of a string or bytes field: `head_size` bytes at `head`, followed by `size` bytes that start `offset` bytes
 * into `pieces`. All zero is the empty value. Owns nothing: what it points to must outlive it.
 * A decoded field has no head, so that one can be put before it: "You said: " and a request's text become a reply's text
 * without a copy. */
typedef struct mote_bytes {
  const uint8_t* head;
  const mote_piece* pieces;
  size_t head_size;
  size_t offset;
  size_t size;
} mote_bytes;

/* A run of bytes without a gap. */
typedef struct mote_stretch {
  const uint8_t* data;
  size_t size;
} mote_stretch;

/* The value that is `size` bytes at `data`, as its head. */
mote_bytes mote_bytes_of(const void* data, size_t size);

/* All bytes of the value, head included. */
size_t mote_bytes_size(const mote_bytes* value);

/* Takes the first stretch off the value, never an empty one: walk a copy until it returns size 0.
 * Size 0 while mote_bytes_size() is not 0 means that the pieces end before the value does. */
mote_stretch mote_bytes_take(mote_bytes* value);

/* Copies the value's bytes, at most `room` of them; returns how many. */
size_t mote_bytes_copy(const mote_bytes* value, void* to, size_t room);

/* Whether the value is exactly the `size` bytes at `data`. */
bool mote_bytes_equal(const mote_bytes* value, const void* data, size_t size);

/* Where a stream of mote_piece_stream() reads next. */
typedef struct mote_piece_cursor {
  const mote_piece* piece;
  size_t offset;
} mote_piece_cursor;

/* The nanopb input stream that mote_bytes fields are decoded from: `size` bytes from the cursor on. The cursor moves as
 * the stream is read and must outlive it. With any other stream mote_bytes fields are skipped. */
pb_istream_t mote_piece_stream(mote_piece_cursor* cursor, size_t size);

/* --- For callbacks of other fields (mote/list.h) --- */

/* Puts the cursor on a byte: past the end of pieces that are used up or empty. At the end of the list its piece is null. */
void mote_piece_settle(mote_piece_cursor* cursor);

/* Whether a value that lies in the stream can be left there: false for the streams that nanopb makes itself. */
bool mote_is_piece_stream(const pb_istream_t* stream);

/* Takes all that is left of a piece stream as the value of a string, bytes or message field. A string that is not UTF-8
 * is refused. */
bool mote_bytes_decode(pb_istream_t* stream, const pb_field_t* field, mote_bytes* value);

/* Writes the field's tag, the size and the value, an empty one too. */
bool mote_bytes_encode(pb_ostream_t* stream, const pb_field_t* field, const mote_bytes* value);

#ifdef __cplusplus
}
#endif
