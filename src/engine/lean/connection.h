// One accepted connection. It joins a socket, the HTTP/2 of http2::ServerConnection and the calls.
//
// One turn reads into the shared receive buffer, parses the frames, lets calls write into the shared send buffer, and
// sends that with one write. Blocks of this connection's share keep what outlives the turn: an incomplete frame and
// unsent bytes. While bytes are unsent, the connection does not read.
//
// Connection has more than 25 data members and 40 functions because it is where socket, HTTP/2, calls, time and shares meet, and
// because each event of http2::ConnectionEvents is a function. Each part has a file: a turn (connection.cpp), the events
// (connection_events.cpp), PROXY headers (connection_proxy.cpp), shares (connection_shares.cpp), large windows
// (connection_windows.cpp), large messages (connection_large_messages.cpp), large replies (connection_blocks.cpp) and time (connection_time.cpp).
// What can be decided without the others is a class of its own (connection_deadlines.h, graceful_end.h, over_share.h).
#pragma once

#include "engine/lean/block_pool.h"
#include "engine/lean/connection_deadlines.h"
#include "engine/lean/core.h"
#include "engine/lean/graceful_end.h"
#include "engine/lean/poller.h"
#include "engine/lean/socket_stream.h"
#include "engine/lean/timer_heap.h"
#include "http2/server/server_connection.h"
#ifdef MOTE_TLS
#include "engine/lean/tls_connection.h"
#endif

namespace mote::lean {

class Connection final : public Pollable, public Timer, public IdlePlace, private http2::ConnectionEvents {
 public:
  // `index` identifies the connection; `table` and `table_reserve` store the peer's header table. Takes over the socket. Counts
  // for `address`.
  Connection(Core& core, AddressRow& address, int descriptor, std::size_t index, MutableBytes table,
             MutableBytes table_reserve);
  ~Connection();

#ifdef MOTE_TLS
  // The connection begins with a TLS handshake. `tls` is uninitialised memory that outlives the connection. Before start().
  void expect_tls(TlsShared& shared, TlsConnection* tls) {
    tls_ = new (tls) TlsConnection(shared, *this, socket_, share_);
    stream_ = &tls_->stream;
  }
  [[nodiscard]] bool encrypted() const {
    return tls_ != nullptr;
  }
#endif
  // Registers with the poller. If this fails, it returns false, and the caller destroys the connection.
  [[nodiscard]] bool start();
  // The same for a connection without a socket, whose descriptor is -1: its bytes go through `stream`, which outlives it. The
  // caller calls on_events().
  void start(ByteStream& stream);
  // Accepts no new calls and closes when the open ones are over.
  void drain();

  void on_events(std::uint32_t events) override;
  void on_due() override;
  // A timer of `call` has expired.
  void on_call_due(StreamCall& call);
  // Memory is free for the incomplete message of `call`.
  void on_call_memory(StreamCall& call);
  // The peer has read everything that was sent to it.
  [[nodiscard]] bool writable() const {
    return unsent_.empty();
  }
  // Runs a turn without an event, for replies that had no room in the shared send buffer.
  void run_again();
  // The loop calls run_again() in its next turn.
  void run_next_turn();

  // The peer is a trusted proxy: it may name its client in front of its first bytes (proxy_header.h).
  void expect_proxy_header() {
    proxy_header_due_ = true;
  }
  // Who the peer is, or the client that a proxy named.
  [[nodiscard]] engine::AddressText peer() const;
  // What the peer has proved, without its address and a token.
  [[nodiscard]] rpc::Peer identity() const;

  // --- Shares (address_table.h) ---

  // Ends a call for MaxStreamsPerAddress or BufferBytesPerAddress, or the connection if its peer does not read. False if none is
  // open for `settled`. May destroy the connection.
  bool end_call_for_others(engine::LimitId limit, Time settled);
  // Closes with GOAWAY at once, for another connection.
  void close_for_others();
  // By its use (idle_order.h), then by the end of the last call.
  [[nodiscard]] bool idle_longer_than(const Connection& other) const;
  // It has been without calls for `time`.
  [[nodiscard]] bool idle_for(Time time) const;

  // --- The kernel's buffers (large_sockets.h) ---

  // A message or reply is larger than the small buffers. False if they stay small.
  bool grow_socket();
  // It has no calls and nothing to send: small buffers suffice.
  [[nodiscard]] bool rests() const {
    return open_calls() == 0 && unsent_.empty();
  }
  [[nodiscard]] int descriptor() const {
    return socket_.descriptor();
  }

  // --- Large windows (large_windows.h) ---

  // A message is larger than its window: its peer waits for a WINDOW_UPDATE.
  void note_window_wait();
  // The place is needed elsewhere, or lost.
  void give_up_window();
  // A message above 64 KiB is admitted: more may follow.
  void take_upload_window();
  // The upload window is needed elsewhere.
  void give_up_upload_window();
  [[nodiscard]] bool has_enlarged_promise() const {
    return share_.enlarged();
  }
  // Of a stream, behind a message of so many bytes.
  [[nodiscard]] std::int32_t window_behind_message(std::size_t bytes) const;

  // --- For StreamCall ---

  [[nodiscard]] Core& core() {
    return core_;
  }
  [[nodiscard]] http2::ServerConnection& http2() {
    return http2_;
  }
  [[nodiscard]] BlockShare& share() {
    return share_;
  }
  [[nodiscard]] ByteWriter& out() {
    return out_;
  }
  // The shared send buffer is so full, or the connection has sent so many frames, that a call should wait for the next turn.
  [[nodiscard]] bool out_full() const {
    return out_.room() < kFullBytes || core_.turn.sends_spent();
  }

  // --- Replies larger than the send buffer (connection_blocks.cpp) ---

  enum class FromBlocks : std::uint8_t {
    Sent,   // Some of them; more may follow.
    Later,  // Nothing more can be sent in this turn, or before its end.
    No,     // They must be copied.
  };
  // Sends DATA of `call` from the blocks of `replies`.
  FromBlocks send_from_blocks(StreamCall& call, BlockQueue& replies);

  // Counts a limit that the peer has reached; the first hit and every thousandth are logged.
  void note_limit(engine::LimitId id);

  // The limit that prevents blocks for `bytes`.
  [[nodiscard]] engine::LimitId limit_on_blocks(std::size_t bytes) const {
    if (share_.exceeded_by(bytes)) return engine::LimitId::ConnectionBufferBytes;
    return share_.address_exceeded_by(bytes) ? engine::LimitId::BufferBytesPerAddress : engine::LimitId::BufferBytes;
  }

  [[nodiscard]] std::size_t index() const {
    return index_;
  }
  [[nodiscard]] std::size_t open_calls() const {
    return http2_.stream_count();
  }

  // Places in lists of the engine.
  Connection* next_again = nullptr;

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
  std::size_t on_data(http2::Stream& stream, Bytes bytes) override;
  void on_half_close(http2::Stream& stream) override;
  void on_reset(http2::Stream& stream, http2::ErrorCode code, bool by_peer) override;
  void on_window(http2::Stream* stream) override;
  void on_settings_ack() override;
  void on_ping_ack(std::uint64_t payload) override;
  void on_goaway(http2::StreamId last, http2::ErrorCode code, std::string_view reason) override;
  void on_connection_error(http2::ErrorCode code, std::string_view reason) override;
  void on_limit(http2::ConnectionLimit limit) override;

  http2::Stream* open_reserved(http2::StreamId id);

  // --- A turn ---
  void begin_turn();
  // Flushes calls, sends, and sets the events and timer to wait for. May destroy the connection.
  void end_turn();
  void end_open_turn();
  void read_and_take(std::uint32_t events);
  std::size_t restore_input();
  // Reads into the receive buffer after its first `size` bytes. Returns the new size.
  std::size_t read(std::size_t size);
  [[nodiscard]] bool could_postpone() const;
  // The same where no input can wait for the next turn.
  std::size_t read_few(std::size_t size);
  // Up to `most` bytes in all.
  IoResult read_up_to(std::size_t most, std::size_t size);
  void note_read(std::size_t bytes) {
    deadlines_.note_activity(core_.now);
    deadlines_.note_received(bytes, core_.now);
    core_.bytes_received += bytes;
  }
  // The call of http2_.stream_of_data() if its large message has begun, else nullptr.
  [[nodiscard]] StreamCall* large_message();
  // Reads into its blocks, and takes what was read there. Returns how many bytes are in the receive buffer.
  std::size_t read_message(StreamCall& call);
  void take(std::size_t size);
  // Without blocks for it the connection fails.
  void keep_input(Bytes rest);
  void note_turn_limit();
  // Takes what of a PROXY header is at the front of `in`. Returns whether other bytes follow it.
  bool take_proxy_header(Bytes& in);
  bool name_client(const AddressKey& client);
  void refuse_named(http2::ErrorCode code, std::string_view reason);
  [[nodiscard]] bool names_client() const {
    return proxy_header_due_ || proxy_bytes_left_ != 0;
  }
  // An HTTP/1 client gets one answer; then the connection closes.
  bool answered_http1(Bytes first_bytes);
  // The preface of the server (RFC 9113 3.4), once: after the peer has begun its own, or before GOAWAY.
  void send_preface();
  bool send_out();
  bool send_unsent();
  IoResult write_unsent();
  void keep_unsent(Bytes rest);
  void keep_unsent_frame(Bytes header, std::size_t size, std::size_t sent, BlockQueue& replies);
  void call_again();

  // --- Calls ---
  void flush_calls();
  void flush_call(StreamCall& call);
  // After a call's handler has run: sends its replies, releases the call if it is over.
  void settle(StreamCall& call);
  void release(StreamCall& call);
  void release_all();
  void refund_reset(const StreamCall& call);
  [[nodiscard]] StreamCall* call_to_end(bool memory, Time settled) const;

  // --- Shares ---
  void update_idle_order();

  // --- Large windows ---
  void take_large_window(bool needed);
  [[nodiscard]] std::uint32_t window_to_announce() const;
  void update_large_windows();
  void refill_window_in_front_of_replies();
  void refill_window(bool replies_follow);
  [[nodiscard]] bool may_grant_later(std::int32_t window, std::int32_t most) const;
  [[nodiscard]] bool streams_fit_small_windows() const;
  [[nodiscard]] bool has_upload_window() const {
    return share_.enlarged() && !upload_asked_for && !window_asked_for;
  }

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
  void end_idle_calls();
  void end_aged_calls();
  void keep_alive();
  void watch(std::uint32_t events);

#ifdef MOTE_TLS
  // --- TLS ---
  [[nodiscard]] bool in_handshake() const {
    return tls_ != nullptr && !tls_->stream.open();
  }
  // May destroy the connection, like the next two.
  void continue_handshake();
  void on_handshake_due();
  void refuse_tls(std::string_view reason);
  bool take_proxy_header_before_tls();
  void log_tls_fault() const;
  void discard_input();
#endif
  // All reads and writes go through the interface.
  [[nodiscard]] ByteStream& stream() {
    return *stream_;
  }

  Core& core_;
  SocketStream socket_;
  ByteStream* stream_ = &socket_;
  BlockShare share_;
  http2::ServerConnection http2_;
  ByteWriter out_{{}};
  BlockQueue unsent_;
  BlockQueue input_;  // The scratch of an incomplete header field, then bytes that are not parsed yet.
  std::uint32_t index_;
  std::uint32_t granted_us_ = 0;  // When refill_window() sent a WINDOW_UPDATE, in the lowest 32 bits of the clock.
  RequestHead known_head_;
  IntrusiveQueue<StreamCall, &StreamCall::waiting_link> waiting_;  // Calls with something to send.
  ConnectionDeadlines deadlines_;
#ifdef MOTE_TLS
  TlsConnection* tls_ = nullptr;  // nullptr: plaintext.
#endif
  GracefulEnd graceful_end_;
  State state_ = State::Open;
  bool room_short_ = false;   // A call waits only for room in the shared send buffer.
  bool flush_due_ = false;    // Waiting calls may be able to send.
  bool input_waits_ = false;  // The turn ended before the input was processed.
  bool peer_gone_ = false;
  bool preface_sent_ : 1 = false;
  bool shut_down_ : 1 = false;
  bool proxy_header_due_ : 1 = false;      // The first bytes may be a PROXY header.
  bool client_named_ : 1 = false;          // By a PROXY header.
  std::uint16_t input_scratch_bytes_ = 0;  // At most max-header-bytes, 8 KiB.
  std::uint16_t watched_events_ = 0;
  std::uint16_t proxy_bytes_left_ = 0;  // Of the PROXY header, to be discarded.

 public:
  // For the engine, LargeSockets and LargeWindows. At the end, in bits, where they take no space of their own.
  bool in_again_list = false;
  bool on_unix_socket : 1 = false;
  bool serves_web : 1 = false;
  bool has_large_socket : 1 = false;
  bool window_asked_for : 1 = false;  // It announces smaller windows, and then loses its place.
  bool window_crowded : 1 = false;    // Its messages have waited for each other in its window.
  bool has_upload_socket : 1 = false;
  bool upload_asked_for : 1 = false;  // Its window is not refilled until the smaller promise suffices.
  bool uploads_alone : 1 = false;  // The last large call that was alone came after the last one that waited for memory.

 private:
  bool may_send_blocks_ : 1 = false;  // The end of a turn has come, and send_from_blocks() has not sent yet.
};

// Only connections are in an IdleOrder.
inline Connection& connection_of(IdlePlace& place) {
  return static_cast<Connection&>(place);
}

}  // namespace mote::lean
