/* The port for Linux and other POSIX systems: TCP over IPv4 and IPv6, and Unix sockets. Plain C. Only the resolver uses a
 * heap.
 *
 *   mote_posix posix;
 *   mote_posix_tcp(&posix, "gateway.local", "50051");
 *   const mote_port port = mote_posix_port(&posix);
 *
 * The socket is non-blocking and has TCP_NODELAY: without it a small call may wait 40 ms for an acknowledgement. A name
 * that is not a numeric address is resolved at each connect(), in a child process that is killed at the deadline, because
 * getaddrinfo() has no timeout. The addresses are tried in order; each gets a share of the remaining time. */
#pragma once

#include <signal.h>

#include "mote/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The caller owns it and must not move it while the port is in use. */
typedef struct mote_posix {
  const char* host;    /* null: a Unix socket */
  const char* service; /* the number of the port */
  const char* path;    /* of a Unix socket; else null */
  /* A flag that a signal handler sets. If it is not 0, connect() fails and read() returns MOTE_PORT_CLOSED; a signal that
   * sets it interrupts their waits. May be null. */
  const volatile sig_atomic_t* stop;
  int descriptor; /* -1: none */
  char peer[64];  /* the last address, "127.0.0.1:50051" or "[::1]:50051"; "unix" for a Unix socket; initially empty */
  char reason[128]; /* why the last connect() failed or the stream ended; else empty */
} mote_posix;

/* Prepares TCP to an address or a name. The texts must outlive `posix`. `service` is a port number. */
void mote_posix_tcp(mote_posix* posix, const char* host, const char* service);
/* Prepares a Unix socket. `path` must outlive `posix`. */
void mote_posix_unix(mote_posix* posix, const char* path);

/* The port of a client: for mote_client_init(). */
mote_port mote_posix_port(mote_posix* posix);

#ifdef __cplusplus
}
#endif
