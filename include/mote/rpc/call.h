// One RPC as its service sees it. The engine makes it, runs it and ends it; a service gets a reference in each of its
// handler's functions (mote/rpc/handler.h) and keeps none: between two of them the call may end.
//
// Everything happens on the one thread. Nothing here blocks.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mote/bytes.h"
#include "mote/message.h"
#include "mote/rpc/metadata.h"
#include "mote/rpc/status.h"
#include "mote/span.h"

namespace mote::rpc {

struct Method;
struct Server;

// Time on a clock that never jumps, from an arbitrary start.
using Time = std::chrono::microseconds;

class Call {
 public:
  // Room for the handler object of one call, inside the call: no handler needs the heap.
  static constexpr std::size_t kHandlerBytes = 96;

  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  [[nodiscard]] virtual const Server& server() const = 0;

  // --- The request ---

  // Custom metadata; holds for the whole call. Fields that HTTP or gRPC gives a meaning (content-length, content-type, host,
  // te, user-agent, grpc-*) are not in it. Values have no whitespace at their ends, and no NUL, CR or LF.
  [[nodiscard]] virtual Metadata metadata() const = 0;
  // A copy of a request's bytes that holds for the whole call; messages themselves hold until the handler returns.
  // Empty: no memory is left, and the call has been finished with RESOURCE_EXHAUSTED.
  [[nodiscard]] virtual std::optional<mote_bytes> keep(const mote_bytes& bytes) = 0;
  // The wall clock when the engine read the bytes that it is working on, in Unix microseconds.
  [[nodiscard]] virtual std::uint64_t received_unix_us() const = 0;

  // --- The reply ---

  // Metadata for the peer: before the first send(), and before finish(). `name` is lower case; the value of a name in
  // "-bin" is base64. Whitespace around a value is not sent. False: the call has been finished, with RESOURCE_EXHAUSTED
  // because no memory is left, or with INTERNAL because the name or the value has a character that HTTP/2 forbids.
  virtual bool add_initial_metadata(std::string_view name, std::string_view value) = 0;
  virtual bool add_trailing_metadata(std::string_view name, std::string_view value) = 0;

  // Encodes and sends one message, at once where the peer takes it, else later: `message` and what it points to are free
  // when this returns. False: it cannot be sent, and the call has been finished with the reason.
  template <class Message>
  bool send(const Message& message) {
    return send(nanopb::MessageDescriptor<Message>::fields(), &message);
  }
  virtual bool send(const pb_msgdesc_t* fields, const void* message) = 0;

  // Messages wait for the peer to take them: a handler that makes many sends no more until on_ready().
  [[nodiscard]] virtual bool congested() const = 0;

  // Ends the call; what was sent before goes first. Only the first one counts, and nothing may be sent after it. `message` is
  // copied, at most kStatusMessageBytes of it.
  virtual void finish(StatusCode code, std::string_view message) = 0;
  void finish(const Status& status) { finish(status.code, status.message.view()); }
  // With a message that lies in a request.
  void finish(StatusCode code, const mote_bytes& message);
  // Ends the call with a text that is put together from text, bytes and whole numbers, and copied into the call's memory:
  //   return call.fail(StatusCode::NotFound, "no device ", request.device, " at port ", port);
  // Returns the code, for a function that returns a Status. Metadata has to be added before. Ok counts as Unknown.
  template <class... Pieces>
  Status fail(StatusCode code, const Pieces&... pieces) {
    static_assert((StatusPiece<Pieces> && ...), "a status text is made of text, bytes and whole numbers");
    ComposedText text;
    if constexpr ((StatusPiece<Pieces> && ...)) (text.add(pieces), ...);
    return fail_with(code, text);
  }
  [[nodiscard]] virtual bool finished() const = 0;

  // --- What has to wait ---

  // A queue of bytes in the call's memory, first in, first out; mote/rpc/queue.h makes it a queue of structs. What is taken
  // gives its memory back. False: no memory is left, and the call has been finished with RESOURCE_EXHAUSTED.
  virtual bool queue(Bytes bytes) = 0;
  // Moves the oldest bytes until one of both is at its end; returns how many.
  virtual std::size_t take_queued(MutableBytes to) = 0;

  // --- Time ---

  // The time of this turn of the event loop: the clock is read once a turn.
  [[nodiscard]] virtual Time now() const = 0;
  // Calls the handler's on_ready() at `time`, or soon after it. One is kept; a later one replaces it.
  virtual void wake_at(Time time) = 0;
  // The wall clock, read now, in Unix microseconds.
  [[nodiscard]] virtual std::uint64_t unix_us() const = 0;

  // --- For the engine and mote/rpc/handler.h ---

  [[nodiscard]] void* handler() { return handler_.data(); }
  [[nodiscard]] std::uint32_t messages_received() const { return messages_received_; }
  void count_message() { ++messages_received_; }

 protected:
  Call() = default;
  ~Call() = default;

 private:
  Status fail_with(StatusCode code, const ComposedText& text);

  alignas(std::max_align_t) std::array<std::byte, kHandlerBytes> handler_{};
  std::uint32_t messages_received_ = 0;
};

}  // namespace mote::rpc
