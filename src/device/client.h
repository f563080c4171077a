// The device's gRPC client: one connection, one call at a time, no heap, no thread. What waits, waits inside the port
// (mote/port.h), and every call ends in a status, at its deadline at the latest.
//
//   mote::device::Client client(port, options, memory);
//   client.start({.path = "/echo.Echo/Chat"});                       // nothing to check: the end says it all
//   client.send(first);
//   while (client.receive(message) == Received::Message) ...;
//   if (client.status() != StatusCode::Ok) log(client.status_text());
//
// device/messages.h sends and receives nanopb messages. Options, memory and calls are the C types of mote/device.h, where
// their limits and defaults stand.
//
// When the server says that it did not process a call (REFUSED_STREAM, or GOAWAY with a lower stream id), the client repeats
// the call once: a unary() call whatever its size, any other call as long as its first message has not gone out. The deadline
// bounds both attempts together.
//
// Statuses of the client's own making:
//   DEADLINE_EXCEEDED   the deadline came first
//   UNAVAILABLE         no connection, or it was lost, or the server is going away: the call may be made again
//   RESOURCE_EXHAUSTED  a message above memory.messages; headers or trailers above header_bytes or scratch, where grpc-status is OK
//   INTERNAL            the server broke HTTP/2 or gRPC, or sent a compressed message; a malformed response, where it does not
//                       tell of a failure itself
//   UNKNOWN             the server ended the call without a status
//   UNIMPLEMENTED       a unary call with no reply or with two (statuscodes.md, cardinality)
//   INVALID_ARGUMENT    a path or metadata that may not be sent, or too long for memory
//   CANCELLED           cancel(), close(), or a start() before the call had ended
#pragma once

#include <cstdint>

#include "device/backoff.h"
#include "device/message_buffer.h"
#include "device/response.h"
#include "grpc_http2/grpc_status.h"
#include "http2/client/client_connection.h"
#include "mote/device.h"
#include "mote/span.h"

namespace mote::device {

using mote::Bytes;
using mote::MutableBytes;
using mote::StatusCode;

enum class Received : std::uint8_t { Message, Nothing, Over };

class Client {
 public:
  // All three outlive the client; the memory is used by nobody else meanwhile.
  Client(const mote_port& port, const mote_options& options, const mote_memory& memory);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // --- The connection, which start() makes where there is none ---

  // False: not now; retry_in_ms() says when it will be tried again.
  bool connect();
  // Between calls: takes in what has come within `wait_ms`, answers it, keeps the connection alive. An answer that the port
  // does not take within the keepalive timeout ends the connection. Returns connected().
  bool poll(std::uint32_t wait_ms = 0);
  // Says GOAWAY and disconnects.
  void close();
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::uint32_t retry_in_ms() const;

  // --- The call ---

  // False: it has ended already.
  bool start(const mote_call& call);
  // Begins the call again, with the same `call` and by the same deadline. Only where may_restart().
  bool restart(const mote_call& call);

  // A message whole, or in pieces that have `size` bytes together: begin_message(), any number of put(), end_message().
  // False: the call has ended.
  bool send(Bytes message, bool last = false);
  bool begin_message(std::uint32_t size);
  bool put(Bytes piece);
  bool end_message(bool last);
  bool end_sending();

  // The view holds until the next function that is not const.
  Received receive(Bytes& message, std::uint32_t wait_ms = MOTE_TO_DEADLINE);
  // For a call with one reply: waits for the reply and the status. `reply` is empty where the status is not Ok.
  StatusCode receive_only(Bytes& reply);
  // The message as the list of one piece that codec::decode() takes; holds as long as the message.
  const mote_piece* piece_of(Bytes message) { return &(piece_ = {nullptr, message.data(), message.size()}); }
  // Gives the call up and tells the server, by the call's deadline.
  StatusCode cancel();
  // The status becomes the caller's where it would be Ok or is not known yet, because a message makes no sense: the call
  // ends. `text` is constant, with a NUL behind it.
  void spoil(StatusCode status, const char* text);

  [[nodiscard]] bool over() const { return state_ == State::Over; }
  // The server said that it did not process the call (REFUSED_STREAM, GOAWAY): the same call may be made again safely.
  [[nodiscard]] bool unprocessed() const { return unprocessed_; }
  // The call at hand, or the last one, was begun a second time.
  [[nodiscard]] bool retried() const { return retried_; }
  // A call is repeated once at most.
  [[nodiscard]] bool may_restart() const { return unprocessed_ && !retried_; }
  [[nodiscard]] StatusCode status() const { return status_; }
  [[nodiscard]] const char* status_text() const { return text_; }

 private:
  enum class State : std::uint8_t { Open, Over };

  // Time (mote/port.h).
  [[nodiscard]] std::uint32_t now() const { return port_.now_ms(port_.context); }
  [[nodiscard]] bool passed(std::uint32_t deadline_ms) const { return mote_left_ms(now(), deadline_ms) <= 0; }
  [[nodiscard]] static std::uint32_t earlier(std::uint32_t one_ms, std::uint32_t other_ms);

  // The connection.
  bool make_connection(std::uint32_t deadline_ms);
  bool usable_connection(std::uint32_t deadline_ms);
  void say_goodbye();
  bool flush();
  void turn(std::uint32_t until_ms);
  void hear(std::size_t size);
  void keep_alive(std::uint32_t most_ms);
  void begin_silence();
  [[nodiscard]] std::uint32_t patience_ms() const;
  [[nodiscard]] http2::ClientConnection new_connection() const;
  void lose(bool pause);

  // The call.
  bool begin(const mote_call* call);
  bool wait_for_stream();
  bool on_event(http2::ClientConnection::Event event);
  void on_field();
  void on_headers();
  void on_end(bool malformed);
  void on_reset();
  StatusCode end(StatusCode status, const char* text);
  bool may_send(bool as_announced);
  void commit(bool last);
  bool take_message(Bytes& message);
  void wait_for_server(std::uint32_t until_ms);
  bool wait(std::uint32_t until_ms);
  void give_window();
  void finish(StatusCode status, const char* text);
  void finish_unprocessed(StatusCode status, const char* text);

  // Small and much used ones first: what lies farther takes longer instructions.
  const mote_port& port_;
  const mote_options& options_;
  const mote_memory& memory_;
  StatusCode status_ = StatusCode::Ok;
  State state_ = State::Over;
  bool connected_ = false;
  bool heard_ = false;     // Bytes of the server came during the call.
  bool doubtful_ = false;  // A call has passed its deadline in silence: is the server still there?
  bool ping_waits_ = false;
  bool paused_ = false;
  bool unprocessed_ = false;
  bool retried_ = false;
  // Bytes at the front of the writer: the request's header block, which is kept there until the first message goes out, and
  // what has been sent already.
  std::uint16_t kept_bytes_ = 0;
  std::uint16_t sent_bytes_ = 0;

  const char* text_ = "";
  std::uint32_t deadline_ms_ = 0;
  std::uint32_t write_by_ms_ = 0;
  std::uint32_t silent_ms_ = 0;   // since when the server says nothing, or does not answer the PING
  std::uint32_t retry_ms_ = 0;    // where paused_
  std::size_t message_left_ = 0;  // bytes of the message being sent
  std::size_t pending_ = 0;       // of them, bytes in data_place() that are no frame yet
  mote_on_metadata on_metadata_ = nullptr;
  void* metadata_context_ = nullptr;

  MessageBuffer messages_;
  Response response_;
  Backoff backoff_;
  mote_piece piece_{};
  http2::ClientConnection connection_;
};

}  // namespace mote::device
