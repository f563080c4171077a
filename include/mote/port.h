/* A port: what a board gives the client. One byte stream to the server, both ways, and a clock. Plain C.
 *
 * Times are milliseconds of a clock of 32 bits that runs for ever and may wrap (every 49.7 days). A deadline is a time of
 * that clock; one that has passed means "without waiting". No wait is longer than 2^31-1 ms.
 *
 * The client calls from one thread and never from inside another call. Nothing of it is kept after it returns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mote_port {
  /* Handed to each function. */
  void* context;

  /* Opens the byte stream; what is left of an older one is thrown away. False: refused, or not there by the deadline. A
   * UART, which has nothing to open, discards what it has received and says true. */
  bool (*connect)(void* context, uint32_t deadline_ms);

  /* Ends the byte stream. Also called where connect() has failed, and twice. */
  void (*disconnect)(void* context);

  /* Sends all of the bytes. False: the stream is over, or they were not all taken by the deadline; the client then
   * disconnects. */
  bool (*write)(void* context, const uint8_t* bytes, size_t size, uint32_t deadline_ms);

  /* Waits for bytes and gives out those that have come, at most `room`, which is never 0. Returns their number; 0: none by
   * the deadline; MOTE_PORT_CLOSED: the stream is over, and all that came before its end has been given out. */
  int (*read)(void* context, uint8_t* into, size_t room, uint32_t deadline_ms);

  uint32_t (*now_ms)(void* context);
} mote_port;

#define MOTE_PORT_CLOSED (-1)

/* Milliseconds from `now_ms` to the deadline; negative where it has passed. */
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
