/* The device's gRPC client, for firmware in C. The same client in C++ is device/client.h; this is its face, and the types
 * here are the types of both.
 *
 * One client is one connection with one call at a time. It has no heap and no thread: all memory is the caller's, and all
 * that waits, waits inside the port (mote/port.h). Every call ends in a status, at its deadline at the latest; the deadline
 * includes the attempt to connect.
 *
 * When the server says that it did not process a call (REFUSED_STREAM, or GOAWAY with a lower stream id), the client repeats
 * the call once, by the same deadline: mote_unary() whatever its size, any other call as long as its first message has not
 * gone out.
 *
 *   static uint8_t input[128], output[512], scratch[192], messages[512], text[64];
 *   static mote_client client;
 *   static const mote_options options = {.authority = "gateway"};
 *   const mote_memory memory = {MOTE_SPAN(input), MOTE_SPAN(output), MOTE_SPAN(scratch), MOTE_SPAN(messages), MOTE_SPAN(text)};
 *   mote_client_init(&client, &port, &options, &memory);
 *
 *   echo_EchoRequest request = {.message = mote_bytes_of("hello", 5)};
 *   echo_EchoReply reply = {0};
 *   const mote_call call = {.path = "/echo.Echo/Reply", .timeout_ms = 3000};
 *   if (mote_unary(&client, &call, echo_EchoRequest_fields, &request, echo_EchoReply_fields, &reply) != MOTE_OK)
 *     complain(mote_call_status_text(&client));
 *
 * Between calls mote_client_poll() is to be called now and then, once a second or so: it answers what the server asks. */
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

/* gRPC's status codes (statuscodes.md). */
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

/* A field that is 0 or null has its default. The client keeps the pointer: options outlive it and may lie in flash. */
typedef struct mote_options {
  const char* authority;         /* the server's name, as :authority; default "localhost" */
  const char* user_agent;        /* default "mote-device/" and the version */
  uint32_t call_timeout_ms;      /* of calls that say none; default 10,000 */
  uint32_t connect_timeout_ms;   /* a call waits for the connection no longer than that; default 5,000 */
  uint32_t keepalive_ms;         /* silence of the server after which it is sent a PING; default none is sent */
  uint32_t keepalive_timeout_ms; /* silence after a PING that ends the connection; default 5,000 */
  uint32_t backoff_first_ms;     /* from a connection that could not be made to the next attempt; default 1,000 */
  uint32_t backoff_most_ms;      /* where that ends, growing by 8/5 each time; default 120,000 */
  uint32_t seed;                 /* what makes this device's pauses differ from another one's: a serial number, noise */
  uint32_t header_bytes;         /* of a response's headers or trailers, 32 more for each field; default 4,096 */
} mote_options;

typedef struct mote_span {
  uint8_t* data;
  size_t size;
} mote_span;

/* clang-format off */
#define MOTE_SPAN(array) {(array), sizeof(array)}
/* clang-format on */

/* The client's memory, all of it the caller's for as long as the client lives. */
typedef struct mote_memory {
  mote_span input;  /* what is read at once: MOTE_MIN_INPUT or more; more makes fewer calls of the port */
  mote_span output; /* what is written at once: MOTE_MIN_OUTPUT or more, and a request's headers and 150 bytes beside */
  mote_span scratch;  /* one field of a response, name and value: MOTE_MIN_SCRATCH or more; a larger one is left out */
  mote_span messages; /* received messages, 5 bytes more for each: decides the largest */
  mote_span text;     /* the status message, cut where it ends; may be empty */
} mote_memory;

#define MOTE_MIN_INPUT 32
#define MOTE_MIN_OUTPUT 256
#define MOTE_MIN_SCRATCH 32
#define MOTE_MIN_MESSAGES 128

/* Custom metadata to send. Names are lower case; values of names that end in "-bin" are base64 (grpc_http2/base64.h). */
typedef struct mote_metadata {
  const char* name;
  const char* value;
} mote_metadata;

/* Text without a NUL behind it. */
typedef struct mote_text {
  const char* data;
  size_t size;
} mote_text;

/* Hears each custom metadata field of the response, from inside the function that reads it; the texts hold during the call
 * only. Spaces and tabs around a value are removed. `trailing`: it came with the status. The client may not be called from
 * here. */
typedef void (*mote_on_metadata)(void* context, mote_text name, mote_text value, bool trailing);

typedef struct mote_call {
  const char* path;              /* "/package.Service/Method" */
  uint32_t timeout_ms;           /* from now to the deadline; 0: options.call_timeout_ms */
  const mote_metadata* metadata; /* metadata_count of them */
  size_t metadata_count;
  mote_on_metadata on_metadata; /* null: metadata of the response is dropped */
  void* context;                /* handed to on_metadata */
} mote_call;

typedef enum mote_received {
  MOTE_MESSAGE, /* one was received */
  MOTE_NOTHING, /* not within the time to wait; the call goes on */
  MOTE_OVER     /* the call has ended: mote_call_status() says how */
} mote_received;

/* Waits until the deadline of the call. */
#define MOTE_TO_DEADLINE UINT32_MAX

/* The client itself; its inside is nobody else's. 160 words are 640 bytes on a Cortex-M. */
#define MOTE_CLIENT_WORDS 160
typedef union mote_client {
  void* storage[MOTE_CLIENT_WORDS];
  uint64_t alignment;
} mote_client;

/* --- The connection ---------------------------------------------------------------------------------------------- */

/* First of all calls. Nothing is sent yet: the connection is made by the first call, and again after it was lost. */
void mote_client_init(mote_client* client, const mote_port* port, const mote_options* options,
                      const mote_memory* memory);

/* Makes the connection ahead of the first call. False: not now (see mote_client_retry_in_ms). */
bool mote_client_connect(mote_client* client);

/* Between calls: reads what the server has sent and answers its PINGs and SETTINGS, sends a PING where keepalive wants it.
 * Waits `wait_ms` at most for something to come. Returns whether there is a connection. */
bool mote_client_poll(mote_client* client, uint32_t wait_ms);

/* How long until a call would try to make a connection; 0: at once, or there is one. Calls before that end in UNAVAILABLE
 * without waiting. */
uint32_t mote_client_retry_in_ms(const mote_client* client);

/* Says goodbye and disconnects; a call that is open is cancelled. The next call connects anew. */
void mote_client_close(mote_client* client);

/* --- One call ---------------------------------------------------------------------------------------------------- */

/* Begins a call; one that is still open is cancelled first. Its headers go out with the first message, or the first wait.
 * False: it has ended already, see mote_call_status(). The strings need to hold during this call only, on_metadata and
 * context until the call is over. */
bool mote_call_start(mote_client* client, const mote_call* call);

/* Sends a message: bytes, or a nanopb struct that `fields` describes. `last`: no other follows. Waits where the server's
 * windows are full. False: the call has ended. */
bool mote_call_send(mote_client* client, const void* message, size_t size, bool last);
bool mote_call_send_message(mote_client* client, const pb_msgdesc_t* fields, const void* message, bool last);

/* Says that no message follows, where the last one did not. */
bool mote_call_end_sending(mote_client* client);

/* The next message, at most `wait_ms` from now, or until the deadline. It holds until the next function of this client. */
mote_received mote_call_receive(mote_client* client, mote_stretch* message, uint32_t wait_ms);

/* The same decoded. `message` is cleared first: a field that the message leaves out has its default. String and bytes
 * fields point into memory.messages. A message that cannot be decoded ends the call with INTERNAL. */
mote_received mote_call_receive_message(mote_client* client, const pb_msgdesc_t* fields, void* message,
                                        uint32_t wait_ms);

/* Gives the call up and tells the server. Returns its status: CANCELLED, unless it had ended before. */
mote_status mote_call_cancel(mote_client* client);

/* How the last call ended; of an open one OK and no text. The text is UTF-8 with a NUL behind it, empty where there is
 * none, and holds until the next call. */
mote_status mote_call_status(const mote_client* client);
const char* mote_call_status_text(const mote_client* client);

/* The last call failed, and the server said that it did not process it: the same call may be made again, whatever it does. */
bool mote_call_unprocessed(const mote_client* client);

/* The client has begun the call at hand, or the last one, a second time. */
bool mote_call_retried(const mote_client* client);

/* A unary call from begin to end: start, send, receive. The reply holds until the next function of this client. */
mote_status mote_unary(mote_client* client, const mote_call* call, const pb_msgdesc_t* request_fields,
                       const void* request, const pb_msgdesc_t* reply_fields, void* reply);

/* "DEADLINE_EXCEEDED". */
const char* mote_status_name(mote_status status);

#ifdef __cplusplus
}
#endif
