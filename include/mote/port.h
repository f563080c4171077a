/* A port connects the device client to a board: a bidirectional byte stream to the server, and a clock. Plain C.
 *
 * Times are milliseconds of a free-running 32-bit clock, which may wrap (every 49.7 days). A deadline is a time of that
 * clock. If the deadline has passed, the function does not wait. No wait is longer than 2^31-1 ms.
 *
 * The client calls these functions from one thread, one at a time. A function must not keep a pointer to its arguments after
 * it returns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The functions of a board. */
typedef struct mote_port {
  /* Passed to each function. */
  void* context;

  /* Opens the byte stream and discards data left from an earlier one. Returns false if the connection is refused or not
   * established by the deadline. A UART has nothing to open: it discards what it has received and returns true. */
  bool (*connect)(void* context, uint32_t deadline_ms);

  /* Closes the byte stream. The client may call it after a failed connect(), and more than once. */
  void (*disconnect)(void* context);

  /* Sends all of the bytes. Returns false if the stream is closed, or if not all bytes could be sent by the deadline; the
   * client then disconnects. */
  bool (*write)(void* context, const uint8_t* bytes, size_t size, uint32_t deadline_ms);

  /* Waits for data and stores at most `room` bytes in `into`. `room` is never 0. Returns the number of bytes stored, 0 if
   * none arrived by the deadline, or MOTE_PORT_CLOSED if the stream is closed and all received bytes have been returned. */
  int (*read)(void* context, uint8_t* into, size_t room, uint32_t deadline_ms);

  /* The clock, in milliseconds. */
  uint32_t (*now_ms)(void* context);

  /* Fills `into` with `size` bytes that nobody can predict, from a hardware generator or an operating system: each byte has
   * full entropy. Returns false if the source fails. Null if the board has no such source; TLS (mote/port_tls.h) then refuses to start.
   * Never replace it by a clock, a serial number or a constant: keys made from those are not secret. */
  bool (*entropy)(void* context, uint8_t* into, size_t size);
} mote_port;

/* What mote_port.read returns when the stream is over. */
#define MOTE_PORT_CLOSED (-1)

/* Milliseconds from `now_ms` to the deadline. Negative if the deadline has passed. */
static inline int32_t mote_left_ms(uint32_t now_ms, uint32_t deadline_ms) {
#ifdef __cplusplus
  return static_cast<int32_t>(deadline_ms - now_ms);
#else
  return (int32_t)(deadline_ms - now_ms);
#endif
}

#ifdef __cplusplus
}
#endif
