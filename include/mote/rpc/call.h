// One RPC, as a service uses it. The engine owns the call. A reference to it is valid until the service's
// function that received it returns: the call may end before the next one.
//
// Call has more than 40 functions because a handler reaches nothing else. They run on one thread, and none of them blocks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mote/bytes.h"
#include "mote/message.h"
#include "mote/rpc/event.h"
#include "mote/rpc/metadata.h"
#include "mote/rpc/peer.h"
#include "mote/rpc/status.h"
#include "mote/rpc/time.h"
#include "mote/span.h"

namespace mote::rpc {

struct Method;
struct Server;

// A call in progress.
class Call {
 public:
  // The maximum size of a handler object in bytes. The call contains the handler, so handlers need no heap.
  static constexpr std::size_t kHandlerBytes = 96;

  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // The server that serves the call.
  [[nodiscard]] virtual const Server& server() const = 0;

  // Who makes the call.
  [[nodiscard]] virtual Peer peer() const = 0;

  // --- The request ---

  // The custom metadata of the request. Valid for the whole call. It does not contain fields of HTTP and gRPC
  // (content-length, content-type, host, te, user-agent, grpc-*). Values have no leading or trailing whitespace, and no
  // NUL, CR or LF.
  [[nodiscard]] virtual Metadata metadata() const = 0;
  // Copies bytes of a request. The copy is valid for the whole call; a request itself is valid until the handler returns.
  // Returns nothing if no memory is left; the call is then finished with RESOURCE_EXHAUSTED.
  [[nodiscard]] virtual std::optional<mote_bytes> keep(const mote_bytes& bytes) = 0;
  // The wall-clock time at which the engine read the current bytes from the socket, in Unix microseconds.
  [[nodiscard]] virtual std::uint64_t received_unix_us() const = 0;

  // Whether the message of the request that the handler has just received was compressed.
  [[nodiscard]] virtual bool message_compressed() const { return false; }

  // --- The reply ---

  // Whether replies sent from now on may be compressed; at first they may. A reply is compressed if the server compresses, the
  // client accepts it, and the reply becomes smaller. Switch it off for what is compressed already.
  virtual void compress_replies(bool /*allowed*/) {}
  // Adds metadata to the response. Add initial metadata before the first send(), trailing metadata before finish(). `name`
  // must be lower case; the value of a name that ends in "-bin" must be base64. Whitespace around a value is removed.
  // Returns false if the call has been finished: with RESOURCE_EXHAUSTED if no memory is left, or with INTERNAL if the name
  // or the value contains a character that HTTP/2 forbids (RFC 9113 8.2.1).
  virtual bool add_initial_metadata(std::string_view name, std::string_view value) = 0;
  // The same for the trailers, which follow the last message.
  virtual bool add_trailing_metadata(std::string_view name, std::string_view value) = 0;

  // Encodes a message and sends it, or queues it if flow control does not allow it yet. `message` and the memory it points
  // to may be reused after the return. Returns false if it cannot be sent; the call is then finished with the reason.
  template <class Message>
  bool send(const Message& message) {
    return send(nanopb::MessageDescriptor<Message>::fields(), &message);
  }
  // The same for a struct that `fields` describes.
  virtual bool send(const pb_msgdesc_t* fields, const void* message) = 0;

  // True while sent messages wait in the call's memory. A handler that sends many messages should stop until on_ready().
  [[nodiscard]] virtual bool congested() const = 0;

  // Ends the call after all messages sent before. Only the first finish() has an effect. Nothing may be sent after it. At
  // most kStatusMessageBytes of `message` are copied.
  virtual void finish(StatusCode code, std::string_view message) = 0;
  // The same with a status.
  void finish(const Status& status) { finish(status.code, status.message.view()); }
  // The same with a message that is part of a request.
  void finish(StatusCode code, const mote_bytes& message);
  // Ends the call with a message composed of text, bytes and integers, which is copied into the call's memory:
  //   return call.fail(StatusCode::NotFound, "no device ", request.device, " at port ", port);
  // Returns the code, for functions that return a Status. Add metadata before. The code Ok is replaced by Unknown.
  template <class... Pieces>
  Status fail(StatusCode code, const Pieces&... pieces) {
    static_assert((StatusPiece<Pieces> && ...), "a status message consists of text, bytes and integers");
    ComposedText text;
    if constexpr ((StatusPiece<Pieces> && ...)) (text.add(pieces), ...);
    return fail_with(code, text);
  }
  // Whether finish() or fail() was called, or the engine has ended the call.
  [[nodiscard]] virtual bool finished() const = 0;

  // --- Queue ---

  // Appends bytes to a FIFO queue in the call's memory; mote/rpc/queue.h makes it a queue of structs. Returns false if no
  // memory is left; the call is then finished with RESOURCE_EXHAUSTED.
  virtual bool queue(Bytes bytes) = 0;
  // Moves the oldest bytes from the queue to `to`, until the queue is empty or `to` is full. Returns the number of bytes
  // moved and releases their memory.
  virtual std::size_t take_queued(MutableBytes to) = 0;

  // --- Time ---

  // The time at the start of this iteration of the event loop. The clock is read once per iteration.
  [[nodiscard]] virtual Time now() const = 0;
  // Schedules a call of on_ready() at `time` or shortly after. A call has one timer: a second wake_at() replaces the first.
  virtual void wake_at(Time time) = 0;
  // The current wall-clock time in Unix microseconds.
  [[nodiscard]] virtual std::uint64_t unix_us() const = 0;

  // --- For mote/rpc/service.h and the engine ---

  // The memory of the handler object.
  [[nodiscard]] void* handler() { return handler_.data(); }
  // The object of the service, or null.
  [[nodiscard]] void* service() const { return service_; }
  // Sets the object of the service, before the handler is constructed.
  void set_service(void* service) { service_ = service; }
  // Calls on_ready() when the event is notified. Replaces the event of an earlier wait_for().
  void wait_for(Event& event);
  // Does not wait for an event any more.
  void stop_waiting();
  // The event of wait_for() was notified. Returns the next call that waits for it.
  Call* notify();
  // Whether the call waits for an event.
  [[nodiscard]] bool waiting() const { return event_ != nullptr; }
  // While the call waits for an event: schedules on_ready() at `time`, whether the event is notified or not.
  void wake_waiting_at(Time time);
  // While the call waits for an event: on_ready() is due when the peer has taken the replies.
  void hold_back() { due_ = true; }
  // While the call waits for an event: whether on_ready() is due now. If so, it counts as called.
  [[nodiscard]] bool take_due();
  // Whether the server shuts down and the handler was not told yet. If so, it counts as told.
  [[nodiscard]] bool take_shutdown();
  // Messages of the request so far.
  [[nodiscard]] std::uint32_t messages_received() const { return messages_received_; }
  // Counts one message of the request.
  void count_message() { ++messages_received_; }

 protected:
  Call() = default;
  ~Call() = default;

 private:
  Status fail_with(StatusCode code, const ComposedText& text);

  alignas(std::max_align_t) std::array<std::byte, kHandlerBytes> handler_{};
  void* service_ = nullptr;
  Event* event_ = nullptr;  // The event that the call waits for, and its place in the list of the event.
  Call* next_waiting_ = nullptr;
  Call* previous_waiting_ = nullptr;
  Time wake_ = Time::max();  // The time of wake_waiting_at().
  std::uint32_t messages_received_ = 0;
  bool due_ = false;            // The event was notified, or the call was held back.
  bool shutdown_told_ = false;  // take_shutdown() returned true.
};

}  // namespace mote::rpc
