// One method of a service, as an engine runs it. Made by mote/rpc/handler.h; the functions below are how an engine hands a
// call its events, the same for every engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/bytes.h"
#include "mote/rpc/call.h"

namespace mote::rpc {

enum class Kind : std::uint8_t { Unary, ServerStreaming, ClientStreaming, BidiStreaming };

constexpr bool streams_requests(Kind kind) {
  return kind == Kind::ClientStreaming || kind == Kind::BidiStreaming;
}

struct Method {
  std::string_view path;  // "/package.Service/Method"
  Kind kind;
  void (*construct)(Call& call);  // The handler, in call.handler().
  void (*destroy)(Call& call);
  void (*open)(Call& call);
  Status (*message)(Call& call, const mote_piece* pieces, std::size_t size);  // Decodes and hands over.
  void (*half_close)(Call& call);
  void (*ready)(Call& call);
};

// The request's head is complete.
void open(Call& call, const Method& method);

// A whole request message: `size` bytes in `pieces`, which hold until this returns. One that cannot be decoded finishes
// the call with INTERNAL, as the official servers do. Messages behind the first are dropped where the method takes one.
void receive_message(Call& call, const Method& method, const mote_piece* pieces, std::size_t size);

// The client sends nothing more. A method that takes one message and got none finishes with UNIMPLEMENTED, as gRPC's
// statuscodes.md has it for requests of a wrong number.
void receive_half_close(Call& call, const Method& method);

// What the handler waited for may have come.
void ready(Call& call, const Method& method);

// The call is over, however it ended.
void close(Call& call, const Method& method);

}  // namespace mote::rpc
