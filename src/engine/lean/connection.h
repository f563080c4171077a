// One accepted connection: between the socket, the HTTP/2 of wire::Connection and the calls on it.
//
// A turn: bytes come into the shared receive buffer, wire takes them apart, calls answer into the shared send buffer, and
// one write ends it. What must outlive the turn goes into blocks of this connection's share: a frame that has not come
// whole, and what the peer has not taken. While anything of that is unsent, the peer is not read.
#pragma once

#include "engine/lean/block_pool.h"
#include "engine/lean/connection_deadlines.h"
#include "engine/lean/core.h"
#include "engine/lean/graceful_end.h"
#include "engine/lean/poller.h"
#include "engine/lean/socket_stream.h"
#include "engine/lean/timer_heap.h"
#include "http2/server/server_connection.h"

namespace mote::lean {

class Connection final : public Pollable, public Timer, private http2::ConnectionEvents {
 public:
  // `index` tells connections apart; `table` and `table_reserve` hold the peer's header table. Takes over the socket.
  Connection(Core& core, int descriptor, std::size_t index, MutableBytes table, MutableBytes table_reserve);
  ~Connection();

  // Registers with the poller and greets the peer. False: it could not be, and is to be destroyed.
  [[nodiscard]] bool start();
  // No new calls; closes when those under way are done.
  void drain();

  void on_events(std::uint32_t events) override;
  void on_due() override;
  // A call of this connection has a time that has come.
  void on_call_due(StreamCall& call);
  // There is memory for the message that the call has begun.
  void on_call_memory(StreamCall& call);
  // The peer takes what it is sent.
  [[nodiscard]] bool writable() const { return unsent_.empty(); }
  // What a turn left for the next one although nothing new has come: replies that the shared buffer had no room for.
  void run_again();

  // --- For StreamCall ---

  [[nodiscard]] Core& core() { return core_; }
  [[nodiscard]] http2::ServerConnection& http2() { return http2_; }
  [[nodiscard]] BlockShare& share() { return share_; }
  [[nodiscard]] ByteWriter& out() { return out_; }
  // The shared send buffer is so full that a call should wait for the next turn.
  [[nodiscard]] bool out_full() const { return out_.room() < kFullBytes; }

  // The limit for which so many bytes of blocks are not to be had.
  [[nodiscard]] engine::LimitId limit_on_blocks(std::size_t bytes) const {
    return share_.exceeded_by(bytes) ? engine::LimitId::ConnectionBufferBytes : engine::LimitId::BufferBytes;
  }

  [[nodiscard]] std::size_t index() const { return index_; }
  [[nodiscard]] std::size_t open_calls() const { return http2_.stream_count(); }

  // Places in lists of the engine.
  Connection* next_again = nullptr;
  bool in_again_list = false;
  Connection* next_open = nullptr;
  Connection* previous_open = nullptr;

 private:
  enum class State : std::uint8_t { Open, Lingering };
  static constexpr std::size_t kFullBytes = http2::kControlReserveBytes + 1024;

  // --- http2::ConnectionEvents ---
  http2::Stream* open_stream(http2::StreamId id) override;
  http2::Stream* find_stream(http2::StreamId id) override;
  void on_field(http2::Stream& stream, const hpack::HeaderField& field) override;
  bool keep_fields(const http2::Stream& stream) override;
  void on_known_fields(http2::Stream& stream) override;
  void on_malformed(http2::Stream& stream, std::string_view name, http2::FieldFault fault) override;
  bool answers_malformed(const http2::Stream& stream) override;
  void on_section_end(http2::Stream& stream, http2::SectionEnd end) override;
  void on_data(http2::Stream& stream, Bytes bytes) override;
  void on_half_close(http2::Stream& stream) override;
  void on_reset(http2::Stream& stream, http2::ErrorCode code, bool by_peer) override;
  void on_window(http2::Stream* stream) override;
  void on_settings_ack() override;
  void on_ping_ack(std::uint64_t payload) override;
  void on_goaway(http2::StreamId last, http2::ErrorCode code, std::string_view reason) override;
  void on_connection_error(http2::ErrorCode code, std::string_view reason) override;
  void on_limit(http2::ConnectionLimit limit) override;

  // --- A turn ---
  void begin_turn();
  // Flushes calls, sends, decides what to wait for. The connection may be gone afterwards.
  void end_turn();
  void end_open_turn();
  void read_and_take(std::uint32_t events);
  std::size_t restore_input();
  void take(std::size_t size);
  void keep_input(Bytes rest);
  // A person or a tool that speaks HTTP/1 gets an answer, and that is all.
  bool answered_http1(Bytes first_bytes);
  void greet();
  bool send_out();
  bool send_unsent();
  void call_again();

  // --- Calls ---
  void flush_calls();
  void flush_call(StreamCall& call);
  // After a call's handler has run: sends what there is, gives back a call that is over.
  void settle(StreamCall& call);
  void release(StreamCall& call);
  void release_all();
  void refund_reset(const StreamCall& call);

  // --- The end ---
  void request_drain();
  void announce_drain();
  void complete_drain();
  [[nodiscard]] std::string_view goaway_reason() const;
  void linger();
  void abort(std::string_view reason, engine::LimitId limit);

  // --- Time ---
  void refill_budgets();
  [[nodiscard]] ConnectionDeadlines::State deadline_state() const;
  void act_on_time();
  void time_out(engine::LimitId limit, http2::ErrorCode code, std::string_view reason);
  void keep_alive();
  void watch(std::uint32_t events);

  Core& core_;
  SocketStream socket_;
  ByteStream& stream_;
  std::size_t index_;
  BlockShare share_;
  http2::ServerConnection http2_;
  ByteWriter out_{{}};
  BlockQueue unsent_;
  BlockQueue input_;  // Scratch of a header field in progress, then bytes that wire has not taken.
  std::uint32_t input_scratch_bytes_ = 0;
  std::uint32_t watched_events_ = 0;
  RequestHead known_head_;
  IntrusiveQueue<StreamCall, &StreamCall::waiting_link> waiting_;  // Calls with something to send.
  ConnectionDeadlines deadlines_;
  GracefulEnd graceful_end_;
  State state_ = State::Open;
  bool greeted_ = false;     // The peer spoke, and our SETTINGS are out.
  bool room_short_ = false;  // A call waits for nothing but room in the shared send buffer.
  bool flush_due_ = false;   // Waiting calls may be able to send.
  bool shut_down_ = false;
  bool peer_gone_ = false;
};

}  // namespace mote::lean
