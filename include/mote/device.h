/* The gRPC client for devices: the C interface. device/client.h is the same client in C++ and uses the same types.
 *
 * A client has one connection and one call at a time. It uses no heap and no thread. The caller provides all memory, and
 * every wait happens inside the port (mote/port.h). Every call ends with a status, at its deadline at the latest. The
 * deadline includes the time to connect.
 *
 * If the server reports that it did not process a call (REFUSED_STREAM, or GOAWAY with a lower stream id; RFC 9113 6.8 and
 * 8.7), the client repeats the call once, with the same deadline. It repeats mote_unary() regardless of the size, and any
 * other call if its first message has not been sent.
 *
 *   static uint8_t input[128], output[512], scratch[192], messages[512], text[64];
 *   static mote_client client;
 *   static const mote_options options = {.authority = "gateway"};
 *   const mote_memory memory = {MOTE_SPAN(input), MOTE_SPAN(output), MOTE_SPAN(scratch), MOTE_SPAN(messages), MOTE_SPAN(text)};
 *   mote_client_init(&client, &port, &options, &memory);
 *
 *   echo_EchoRequest request = {.message = MOTE_TEXT("hello")};
 *   echo_EchoReply reply = {0};
 *   if (echo_Echo_Reply(&client, NULL, &request, &reply) != MOTE_OK) puts(mote_call_status_text(&client));
 *
 * The functions for the methods of a .proto file, such as echo_Echo_Reply(), are in its generated NAME.client.h.
 *
 * Call mote_client_poll() between calls, about once a second: it answers PING and SETTINGS frames of the server. */
#pragma once

#include <pb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mote/bytes.h"
#include "mote/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Types ------------------------------------------------------------------------------------------------------- */

/* The status codes of gRPC (statuscodes.md). */
typedef enum mote_status {
  MOTE_OK = 0,
  MOTE_CANCELLED = 1,
  MOTE_UNKNOWN = 2,
  MOTE_INVALID_ARGUMENT = 3,
  MOTE_DEADLINE_EXCEEDED = 4,
  MOTE_NOT_FOUND = 5,
  MOTE_ALREADY_EXISTS = 6,
  MOTE_PERMISSION_DENIED = 7,
  MOTE_RESOURCE_EXHAUSTED = 8,
  MOTE_FAILED_PRECONDITION = 9,
  MOTE_ABORTED = 10,
  MOTE_OUT_OF_RANGE = 11,
  MOTE_UNIMPLEMENTED = 12,
  MOTE_INTERNAL = 13,
  MOTE_UNAVAILABLE = 14,
  MOTE_DATA_LOSS = 15,
  MOTE_UNAUTHENTICATED = 16
} mote_status;

/* A field that is 0 or null selects its default. The client keeps the pointer: the options must outlive it. They may be in
 * flash. */
typedef struct mote_options {
  const char* authority;         /* the name of the server, sent as :authority; default "localhost" */
  const char* user_agent;        /* default "mote-device/" and the version */
  uint32_t call_timeout_ms;      /* for calls whose timeout_ms is 0; default 10,000 */
  uint32_t connect_timeout_ms;   /* the maximum time a call waits for the connection; default 5,000 */
  uint32_t keepalive_ms;         /* sends a PING after this time without data from the server; default: no PINGs */
  uint32_t keepalive_timeout_ms; /* closes the connection after this time without an answer to a PING; default 5,000 */
  uint32_t backoff_first_ms;     /* the pause after the first failed attempt to connect; default 1,000 */
  uint32_t backoff_most_ms;      /* the maximum pause; pauses grow by a factor of 1.6 up to it; default 120,000 */
  uint32_t seed;                 /* for random pauses; should differ between devices: a serial number or noise */
  uint32_t header_bytes;         /* maximum size of headers or trailers, plus 32 for each field; default 4,096 */
} mote_options;

/* Memory that the caller gives to the client. */
typedef struct mote_span {
  uint8_t* data; /* the memory */
  size_t size;   /* in bytes */
} mote_span;

/* clang-format off */
/* The mote_span of an array of bytes. */
#define MOTE_SPAN(array) {(array), sizeof(array)}
/* clang-format on */

/* The memory of the client. The caller owns it; only the client may use it as long as the client exists. */
typedef struct mote_memory {
  mote_span input;    /* for one read: at least MOTE_MIN_INPUT; a larger buffer causes fewer calls of the port */
  mote_span output;   /* for one write: at least MOTE_MIN_OUTPUT, and at least the request headers plus 150 bytes */
  mote_span scratch;  /* for one response field, name and value: at least MOTE_MIN_SCRATCH; larger fields are skipped */
  mote_span messages; /* for received messages: its size minus 5 bytes is the maximum message size */
  mote_span text;     /* for the status message, which is truncated to fit; may be empty */
} mote_memory;

#define MOTE_MIN_INPUT 32     /* smallest mote_memory.input, in bytes */
#define MOTE_MIN_OUTPUT 256   /* smallest mote_memory.output, in bytes */
#define MOTE_MIN_SCRATCH 32   /* smallest mote_memory.scratch, in bytes */
#define MOTE_MIN_MESSAGES 128 /* smallest mote_memory.messages, in bytes */

/* Custom metadata to send. Names must be lower case. Values of names that end in "-bin" must be base64
 * (grpc_http2/binary_metadata.h). */
typedef struct mote_metadata {
  const char* name;  /* lower case */
  const char* value; /* base64 when the name ends in "-bin" */
} mote_metadata;

/* Text that is not NUL-terminated. */
typedef struct mote_text {
  const char* data; /* the characters */
  size_t size;      /* in bytes */
} mote_text;

/* Called for each custom metadata field of the response, from the client function that reads it. `name` and `value` are
 * valid only during this call. Spaces and tabs around a value are removed. `trailing` is true for a field of the trailers.
 * The callback must not call client functions. */
typedef void (*mote_on_metadata)(void* context, mote_text name, mote_text value, bool trailing);

/* What a call asks for. */
typedef struct mote_call {
  const char* path;              /* "/package.Service/Method" */
  uint32_t timeout_ms;           /* time from now to the deadline; 0: options.call_timeout_ms */
  const mote_metadata* metadata; /* metadata_count entries */
  size_t metadata_count;         /* entries of `metadata` */
  mote_on_metadata on_metadata;  /* null: metadata of the response is discarded */
  void* context;                 /* passed to on_metadata */
} mote_call;

/* What mote_call_receive() found. */
typedef enum mote_received {
  MOTE_MESSAGE, /* a message was received */
  MOTE_NOTHING, /* no message arrived within the wait time; the call is still open */
  MOTE_OVER     /* the call has ended; mote_call_status() returns its status */
} mote_received;

/* As a wait time: wait until the deadline of the call. */
#define MOTE_TO_DEADLINE UINT32_MAX

/* The client. Its content is private. 160 words are 640 bytes on a Cortex-M. */
#define MOTE_CLIENT_WORDS 160
/* One client: one connection with one call at a time. */
typedef union mote_client {
  void* storage[MOTE_CLIENT_WORDS]; /* the state, private */
  uint64_t alignment;               /* aligns the state */
} mote_client;

/* --- The connection ---------------------------------------------------------------------------------------------- */

/* Initializes the client. Call it before any other function. It sends nothing: the first call connects, and a call after a
 * lost connection connects again. `port`, `options` and `memory` must outlive the client. */
void mote_client_init(mote_client* client, const mote_port* port, const mote_options* options,
                      const mote_memory* memory);

/* Connects before the first call. Returns false if there is no connection; mote_client_retry_in_ms() returns the time to the
 * next attempt. */
bool mote_client_connect(mote_client* client);

/* To be called between calls. Waits at most `wait_ms` for data from the server, answers its PING and SETTINGS frames, and
 * sends a PING when keepalive_ms requires it. Returns true if there is a connection. */
bool mote_client_poll(mote_client* client, uint32_t wait_ms);

/* The time until a call will try to connect. 0 means that a call connects immediately or that there is a connection. A call
 * made earlier ends with UNAVAILABLE immediately. */
uint32_t mote_client_retry_in_ms(const mote_client* client);

/* Cancels an open call, sends GOAWAY (RFC 9113 6.8) and disconnects. The next call connects again. */
void mote_client_close(mote_client* client);

/* --- One call ---------------------------------------------------------------------------------------------------- */

/* Starts a call. A call that is still open is cancelled first. The headers are sent with the first message or at the first
 * wait. Returns false if the call has already ended; see mote_call_status(). The strings of `call` must be valid only during
 * this function, on_metadata and context until the call has ended. */
bool mote_call_start(mote_client* client, const mote_call* call);

/* Sends a message: bytes, or a nanopb struct that `fields` describes. `last` means that no further message follows. Waits
 * while a flow-control window of the server is exhausted (RFC 9113 6.9). Returns false if the call has ended. */
bool mote_call_send(mote_client* client, const void* message, size_t size, bool last);
/* The same with a nanopb struct, which the client encodes. */
bool mote_call_send_message(mote_client* client, const pb_msgdesc_t* fields, const void* message, bool last);

/* Ends the request stream (END_STREAM) if the last message was sent with `last` false. False: the call has ended. */
bool mote_call_end_sending(mote_client* client);

/* Receives the next message. Waits at most `wait_ms`, and not past the deadline. The message is valid until the next
 * function of this client. */
mote_received mote_call_receive(mote_client* client, mote_stretch* message, uint32_t wait_ms);

/* The same, decoded into the struct `message`, which is cleared first: a field that the message omits has its default value.
 * String and bytes fields point into memory.messages. If the message cannot be decoded, the call ends with INTERNAL. */
mote_received mote_call_receive_message(mote_client* client, const pb_msgdesc_t* fields, void* message,
                                        uint32_t wait_ms);

/* Cancels the call and resets its stream (RST_STREAM, RFC 9113 6.4). Returns CANCELLED, or the status of the call if it had
 * already ended. */
mote_status mote_call_cancel(mote_client* client);

/* The status of the last call and its message. While a call is open they are OK and "". The text is UTF-8, NUL-terminated,
 * never null, and valid until the next call. */
mote_status mote_call_status(const mote_client* client);
/* The text of that status. */
const char* mote_call_status_text(const mote_client* client);

/* True if the last call failed and the server reported that it did not process it. Repeating the call is then safe, even if
 * it is not idempotent. */
bool mote_call_unprocessed(const mote_client* client);

/* True if the client has repeated the current or last call. */
bool mote_call_retried(const mote_client* client);

/* For a call with one reply: ends the request stream, receives the reply into the struct `reply` and waits for the status,
 * which it returns. A call with another number of replies ends with UNIMPLEMENTED (statuscodes.md, cardinality). String and
 * bytes fields of the reply are valid until the next function of this client. */
mote_status mote_call_finish(mote_client* client, const pb_msgdesc_t* fields, void* reply);

/* `options`, or the defaults if it is null, with another path. */
static inline mote_call mote_call_to(const char* path, const mote_call* options) {
  mote_call call;
  /* NOLINTBEGIN(modernize-use-nullptr): C reads this header, too */
  if (options != NULL) {
    call = *options;
  } else {
    call.timeout_ms = 0;
    call.metadata = NULL;
    call.metadata_count = 0;
    call.on_metadata = NULL;
    call.context = NULL;
  }
  /* NOLINTEND(modernize-use-nullptr) */
  call.path = path;
  return call;
}

/* A complete unary call: start, send, receive. The string and bytes fields of the reply are valid until the next function of
 * this client. Returns the status of the call. */
mote_status mote_unary(mote_client* client, const mote_call* call, const pb_msgdesc_t* request_fields,
                       const void* request, const pb_msgdesc_t* reply_fields, void* reply);

/* The name of a status, such as "DEADLINE_EXCEEDED". */
const char* mote_status_name(mote_status status);

#ifdef __cplusplus
}
#endif
