// A place for one connection of the monitor: HTTP/1.1, one request after the other. Its memory is its own: the head of a request,
// and a piece of a reply that the socket has not taken yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/lean/monitor/view.h"
#include "engine/lean/monitor/web_call.h"
#include "engine/lean/poller.h"
#include "engine/lean/socket_stream.h"
#include "engine/lean/timer_heap.h"
#include "http1/http_request.h"

namespace mote::lean {

// What a path has: a text, or a document that is made in pieces.
struct Answer {
  explicit Answer(std::uint16_t code);

  std::uint16_t status;
  std::string_view type = "text/plain; charset=utf-8";
  std::string_view text = {};              // Lives as long as the program.
  bool gzip = false;                       // The text is compressed.
  Document document = nullptr;             // Instead of `text`.
  bool call = false;                       // Instead of both: the request is a gRPC-Web call,
  WebRequest web = {};                     // of which this is known.
  std::string_view allow_origin = {};      // The page at this origin may read the answer.
  std::string_view requested_fields = {};  // Fields that it may send.
};

// The answer to a connection for which there is no place.
void write_refusal(ByteWriter& out);

class HttpConnection;

class HttpOwner {
 public:
  // The answer to a request that is well-formed.
  virtual Answer answer(const HttpConnection& connection, const http1::HttpRequest& request) = 0;
  virtual void note_limit(engine::LimitId id, std::string_view peer) = 0;
  virtual void count_answer(std::uint16_t status) = 0;
  [[nodiscard]] virtual const MonitorView& view() const = 0;

 protected:
  ~HttpOwner() = default;
};

class HttpConnection final : public Pollable, public Timer {
 public:
  // The buffer for replies: a chunk with the largest items.
  static constexpr std::size_t kReplyBytes = 4096;

  // `request` and `reply` are its buffers; all outlive it.
  HttpConnection(Core& core, HttpOwner& owner, MutableBytes request, MutableBytes reply)
      : core_(core), owner_(owner), request_(request), reply_(reply) {}

  // The place is free. Takes over the socket. False if the poller refuses it: it is closed.
  bool open(int descriptor);
  void close();
  [[nodiscard]] bool used() const { return socket_.has_value(); }
  // It waits for a request, or only for its peer to close.
  [[nodiscard]] bool rests() const { return state_ == State::Closing || (state_ == State::Reading && size_ == 0); }
  [[nodiscard]] bool closing() const { return state_ == State::Closing; }
  // The peer has received all replies.
  [[nodiscard]] bool over() const;
  // Of the last request or reply.
  [[nodiscard]] Time active_at() const { return active_at_; }
  // Closes after the reply that is under way.
  void drain();
  [[nodiscard]] engine::AddressText peer() const;

  void on_events(std::uint32_t events) override;
  void on_due() override;

 private:
  enum class State : std::uint8_t { Reading, Replying, Closing };

  void read();
  void take_request();
  void begin(const Answer& answer, bool head_only);
  void refuse(std::uint16_t status);
  void begin_call(const Answer& answer, const http1::HttpRequest& request, std::size_t head);
  void write_head(const Answer& answer);
  void write_call_head(ByteWriter& out);
  void send();
  // Fills the buffer with the next piece. False if the reply is complete.
  [[nodiscard]] bool fill();
  void fill_document(ByteWriter& out);
  void fill_call(ByteWriter& out);
  // Writes what is in the buffer from `before` on as a chunk.
  void end_piece(ByteWriter& out, std::size_t size, bool last);
  void wait_for_call();
  void end_reply();
  void discard();
  void end_input();
  void watch(std::uint32_t events);
  void arm(Time timeout) { core_.timers.arm(*this, core_.now + timeout); }

  Core& core_;
  HttpOwner& owner_;
  MutableBytes request_;
  MutableBytes reply_;
  std::optional<SocketStream> socket_;
  std::size_t size_ = 0;         // Bytes in request_.
  std::size_t head_ = 0;         // The size of the request that is being answered.
  std::size_t seen_ = 0;         // Bytes of request_ that were searched for the end of the head.
  Bytes unsent_;                 // The rest of the piece in reply_.
  std::string_view text_;        // The rest of the reply's text,
  Document document_ = nullptr;  // or its document.
  Cursor cursor_;
  std::optional<WebCall> call_;    // Or a call.
  std::string_view allow_origin_;  // Of the call; in request_.
  Time stall_due_ = kNever;        // Of the call: the peer has read nothing until then.
  bool call_head_written_ = false;
  Time active_at_{};
  std::uint32_t watched_ = 0;
  State state_ = State::Reading;
  bool keep_alive_ = false;
  bool chunked_ = false;
};

}  // namespace mote::lean
