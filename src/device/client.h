// The gRPC client for devices: one connection, one call at a time, no heap, no thread. Every wait happens inside the port
// (mote/port.h). Every call ends with a status, at its deadline at the latest.
//
//   mote::device::Client client(port, options, memory);
//   client.start({.path = "/echo.Echo/Chat"});                       // check only status(): it includes all errors
//   client.send(first);
//   while (client.receive(message) == Received::Message) ...;
//   if (client.status() != StatusCode::Ok) log(client.status_text());
//
// device/messages.h sends and receives nanopb messages. The types of options, memory and calls are the C types in
// mote/device.h, which documents their limits and defaults.
//
// If the server reports that it did not process a call (REFUSED_STREAM, or GOAWAY with a lower stream id), the client
// repeats the call once, with the same deadline. It repeats unary() regardless of the size, and any other call if its first
// message has not been sent.
//
// Statuses that the client sets:
//   DEADLINE_EXCEEDED   the deadline has passed
//   UNAVAILABLE         no connection, connection lost, or the server is going away; the call may be repeated
//   RESOURCE_EXHAUSTED  a message does not fit memory.messages; or headers or trailers exceed header_bytes or scratch and the
//                       server sent grpc-status OK
//   INTERNAL            the server violated HTTP/2 or gRPC, or sent a compressed message; or the response is malformed and has
//                       no error status
//   UNKNOWN             the server ended the call without a status
//   UNIMPLEMENTED       a unary call received no reply or more than one (statuscodes.md, cardinality)
//   INVALID_ARGUMENT    the path or the metadata is invalid, or too long for the memory
//   CANCELLED           cancel(), close(), or start() while the call was open
//
// Client has more than 25 data members and 40 functions because it is the whole state of a device: the connection and its one
// call share the deadline, the buffers and the retry. Parts with a state of their own are classes of their own (backoff.h,
// message_buffer.h, response.h). Every further object costs flash for a longer offset or a pointer.
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
  // The arguments must outlive the client. Only the client may use the memory.
  Client(const mote_port& port, const mote_options& options, const mote_memory& memory);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // --- The connection ---

  // Connects before the first call; start() also connects if there is no connection. False: there is no connection, and
  // retry_in_ms() returns the time to the next attempt.
  bool connect();
  // Between calls: waits at most `wait_ms` for data from the server, answers it and sends keepalive PINGs. If the port
  // cannot send an answer within the keepalive timeout, the connection is closed. Returns connected().
  bool poll(std::uint32_t wait_ms = 0);
  // Cancels an open call, sends GOAWAY and disconnects.
  void close();
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::uint32_t retry_in_ms() const;

  // --- The call ---

  // False: the call has already ended.
  bool start(const mote_call& call);
  // Repeats the call with the same `call` and the same deadline. Requires may_restart().
  bool restart(const mote_call& call);

  // Send a message in one step, or in parts: begin_message() with the total size, put() for each part, end_message().
  // False: the call has ended.
  bool send(Bytes message, bool last = false);
  bool begin_message(std::uint32_t size);
  bool put(Bytes piece);
  bool end_message(bool last);
  bool end_sending();

  // `message` is valid until the next non-const function.
  Received receive(Bytes& message, std::uint32_t wait_ms = MOTE_TO_DEADLINE);
  // For a call with one reply: waits for the reply and the status. `reply` is empty if the status is not Ok.
  StatusCode receive_only(Bytes& reply);
  // Makes a list of one piece for codec::decode(). It is valid as long as the message.
  const mote_piece* piece_of(Bytes message) { return &(piece_ = {nullptr, message.data(), message.size()}); }
  // Cancels the call and resets its stream, by the deadline of the call.
  StatusCode cancel();
  // Ends the call with this status because of an invalid message. An error status of the server is kept. `text` must be
  // constant and NUL-terminated.
  void fail(StatusCode status, const char* text);

  [[nodiscard]] bool over() const { return state_ == State::Over; }
  // The server reported that it did not process the call (REFUSED_STREAM, GOAWAY). Repeating the call is safe.
  [[nodiscard]] bool unprocessed() const { return unprocessed_; }
  // The current or last call has been repeated.
  [[nodiscard]] bool retried() const { return retried_; }
  // The client repeats a call at most once.
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
  void close_connection();
  bool flush();
  void turn(std::uint32_t until_ms);
  void process_input(std::size_t size);
  void keep_alive(std::uint32_t most_ms);
  void begin_silence();
  [[nodiscard]] std::uint32_t max_silence_ms() const;
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
  void grant_window();
  void finish(StatusCode status, const char* text);
  void finish_unprocessed(StatusCode status, const char* text);

  // Small and frequently used members come first: a larger offset needs longer instructions.
  const mote_port& port_;
  const mote_options& options_;
  const mote_memory& memory_;
  StatusCode status_ = StatusCode::Ok;
  State state_ = State::Over;
  bool connected_ = false;
  bool received_ = false;  // Data arrived from the server during the call.
  bool doubtful_ = false;  // A call reached its deadline without data from the server: check with a PING.
  bool ping_waits_ = false;
  bool paused_ = false;
  bool unprocessed_ = false;
  bool retried_ = false;
  // Bytes at the start of the writer: the header block of the request, which is kept there until the first message is sent,
  // and how many bytes have been sent.
  std::uint16_t kept_bytes_ = 0;
  std::uint16_t sent_bytes_ = 0;

  const char* text_ = "";
  std::uint32_t deadline_ms_ = 0;
  std::uint32_t write_by_ms_ = 0;
  std::uint32_t silent_ms_ = 0;   // when the last data arrived or the PING was sent
  std::uint32_t retry_ms_ = 0;    // the time of the next attempt to connect, if paused_
  std::size_t message_left_ = 0;  // bytes of the message being sent
  std::size_t pending_ = 0;       // bytes of it in data_place() that are not in a frame yet
  mote_on_metadata on_metadata_ = nullptr;
  void* metadata_context_ = nullptr;

  MessageBuffer messages_;
  Response response_;
  Backoff backoff_;
  mote_piece piece_{};
  http2::ClientConnection connection_;
};

}  // namespace mote::device
