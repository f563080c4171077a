/* The port for Linux and its kin: TCP over IPv4 and IPv6, and Unix sockets. Plain C; no heap but the resolver's own.
 *
 *   mote_posix posix;
 *   mote_posix_tcp(&posix, "gateway.local", "50051");
 *   const mote_port port = mote_posix_port(&posix);
 *
 * The socket is non-blocking and has TCP_NODELAY: without it a small call may wait 40 ms for an acknowledgement. A name that is
 * not a numeric address is looked up at each connect(), in a child process that is ended at the deadline, because
 * getaddrinfo() knows none; its addresses are tried one after the other, and each gets its share of what time is left. */
#pragma once

#include <signal.h>

#include "mote/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The caller owns it; it stays where it is for as long as the port is in use. */
typedef struct mote_posix {
  const char* host; /* null: a Unix socket */
  const char* service;
  const char* path;
  /* For a program that a signal ends: where it points to something that is not 0, connect() gives up and read() says that the
   * stream is over, which both do at once when the signal comes. May be null. */
  const volatile sig_atomic_t* stop;
  int descriptor;   /* -1: none */
  char peer[64];    /* "127.0.0.1:50051" or "[::1]:50051" as connected last; "unix" for a Unix socket; empty before */
  char reason[128]; /* why the last connect() failed or the stream ended; empty where it did not */
} mote_posix;

/* The texts must outlive it. `service` is a port's number. */
void mote_posix_tcp(mote_posix* posix, const char* host, const char* service);
void mote_posix_unix(mote_posix* posix, const char* path);

mote_port mote_posix_port(mote_posix* posix);

#ifdef __cplusplus
}
#endif
