// One method of a service. Generated code makes it with mote/rpc/service.h. An engine delivers the events of a call through
// the functions at the end of this file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/bytes.h"
#include "mote/rpc/call.h"

namespace mote::rpc {

// The four kinds of call.
enum class Kind : std::uint8_t {
  Unary,            // One message each way.
  ServerStreaming,  // One request, many replies.
  ClientStreaming,  // Many requests, one reply.
  BidiStreaming,    // Many both ways.
};

// Whether a request may have more than one message.
constexpr bool streams_requests(Kind kind) {
  return kind == Kind::ClientStreaming || kind == Kind::BidiStreaming;
}

// A method's path, its kind and the functions of its handler.
struct Method {
  std::string_view path;          // "/package.Service/Method"
  Kind kind;                      // How many messages each side sends.
  void (*construct)(Call& call);  // Constructs the handler in call.handler().
  void (*destroy)(Call& call);    // The handler.
  void (*open)(Call& call);       // Calls on_open().
  Status (*message)(Call& call, const mote_piece* pieces,
                    std::size_t size);     // Decodes a message and calls on_message().
  void (*half_close)(Call& call);          // Calls on_half_close().
  void (*ready)(Call& call);               // Calls on_ready().
  void (*shutdown)(Call& call) = nullptr;  // Calls on_shutdown(). Null: the handler has none.
  void* service = nullptr;                 // What handlers get as service().
};

// The request headers are complete.
void open(Call& call, const Method& method);

// A request message is complete: `size` bytes in `pieces`, which must be valid until the return. If it cannot be decoded,
// the call is finished with INTERNAL, as in the official servers. A method that takes one message ignores further messages.
void receive_message(Call& call, const Method& method, const mote_piece* pieces, std::size_t size);

// The client has ended its stream. If the method takes one message and received none, the call is finished with
// UNIMPLEMENTED, as statuscodes.md requires for a wrong number of requests.
void receive_half_close(Call& call, const Method& method);

// The time of wake_at() has come, the peer has taken replies, an event was notified, or the server shuts down. Calls
// on_shutdown() of the handler once while the server shuts down, and on_ready(). A call that waits for an event gets on_ready()
// only when it is due, and is finished with UNAVAILABLE if the server shuts down and the handler has no on_shutdown().
void ready(Call& call, const Method& method);

// The call has ended, for any reason. Destroys the handler.
void close(Call& call, const Method& method);

}  // namespace mote::rpc
