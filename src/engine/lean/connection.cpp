#include "engine/lean/connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "engine/lean/http1.h"
#include "engine/lean/spread_number.h"
#include "engine/socket_buffers.h"

namespace mote::lean {

namespace {

using engine::LimitId;

}  // namespace

Connection::Connection(Core& core, AddressRow& address, int descriptor, std::size_t index, MutableBytes table,
                       MutableBytes table_reserve)
    : core_(core),
      socket_(descriptor),
      share_(core.blocks, core.blocks_aside, address, core.limits.connection_buffer_bytes,
             std::size_t{core.limits.max_streams_per_connection} * core.limits.stream_window_bytes),
      http2_(core.http2_limits, *this, table, table_reserve),
      index_(static_cast<std::uint32_t>(index)),
      deadlines_(core.limits, core.now, spread_number(core.now, index)) {
  core.addresses.add(address, *this);
}

Connection::~Connection() {
  release_all();
#ifdef MOTE_TLS
  if (tls_ != nullptr) std::destroy_at(tls_);
#endif
  unsent_.clear(share_);
  input_.clear(share_);
  core_.timers.disarm(*this);
  if (share_.promised()) core_.large_windows.remove(*this);
  if (has_large_socket) core_.large_sockets.remove(*this);
  const bool graceful = state_ == State::Lingering && !http2_.failed() && !peer_gone_;
  if (!graceful && socket_.descriptor() >= 0) engine::discard_unsent(socket_.descriptor());
  core_.addresses.remove(share_.address(), *this);
}

bool Connection::start() {
  if (!core_.poller.add(socket_.descriptor(), EPOLLIN, *this)) return false;
  watched_events_ = EPOLLIN;
  core_.timers.arm(*this, deadlines_.next(deadline_state()));
  return true;
}

void Connection::start(ByteStream& stream) {
  stream_ = &stream;
  core_.timers.arm(*this, deadlines_.next(deadline_state()));
}

// --- A turn ---

void Connection::on_events(std::uint32_t events) {
#ifdef MOTE_TLS
  if (in_handshake()) return continue_handshake();
#endif
  // One turn in each turn of the loop: run_again() follows.
  if (input_waits_ && in_again_list && (events & (EPOLLHUP | EPOLLERR)) == 0) return;
  begin_turn();
  read_and_take(events);
  end_turn();
}

void Connection::run_again() {
#ifdef MOTE_TLS
  if (in_handshake()) return continue_handshake();
#endif
  begin_turn();
  read_and_take(0);
  end_turn();
}

void Connection::on_call_due(StreamCall& call) {
  begin_turn();
  if (call.act_on_time()) {
    settle(call);
  } else if (unsent_.empty()) {
    if (call.stalled()) note_limit(LimitId::WriteStall);
    if (call.stalled() && call.slow()) note_limit(LimitId::MinProgressBytes);
    http2_.reset(call, http2::ErrorCode::Cancel, out_);
    release(call);
  } else {
    core_.timers.arm(call, core_.now + kLinger);  // There is no room for the RST_STREAM yet.
  }
  end_turn();
}

void Connection::on_call_memory(StreamCall& call) {
  begin_turn();
  call.admit();
  settle(call);
  end_turn();
}

void Connection::begin_turn() {
  const engine::Limits& limits = core_.limits;
  core_.turn = http2::TurnBudget(limits.turn_frames, limits.turn_fields, limits.turn_bytes);
  out_ = ByteWriter(unsent_.empty() ? core_.send_buffer : MutableBytes{});
}

void Connection::read_and_take(std::uint32_t events) {
  if (!unsent_.empty() && !send_unsent()) return;
  std::size_t size = restore_input();
  const bool readable = (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 || stream().input_waits();
  if (readable) size = read(size);
  // An incomplete header field is in shared memory, which the next connection uses: keep it again, even without input.
  if (state_ == State::Open && (size != 0 || http2_.pending_scratch_bytes() != 0)) take(size);
}

// At most turn-bytes; but the rest of a DATA frame is cheap, and a message that is there as a whole needs no blocks.
std::size_t Connection::read(std::size_t size) {
  if (!could_postpone()) return read_few(size);
  if (size == 0 && http2_.stream_of_data() != nullptr) {
    if (StreamCall* call = large_message(); call != nullptr) return read_message(*call);
  }
  const std::size_t most = core_.limits.turn_bytes + http2_.data_missing(core_.receive_buffer.first(size));
  const IoResult result = read_up_to(most, size);
  if (result.io == Io::Closed) peer_gone_ = true;
  size += result.size;
  // An end is left to the next turn, because this one may have replies to send.
  if (size >= most) size += read_up_to(size + http2_.data_missing(core_.receive_buffer.first(size)), size).size;
  if (size == core_.receive_buffer.size()) note_limit(LimitId::ReceiveBytes);
  return size;
}

// Whether blocks are free for what the turn may leave of its input. TLS needs blocks itself for the rest of a record that is
// read in part, so its records are read as a whole.
bool Connection::could_postpone() const {
#ifdef MOTE_TLS
  if (tls_ != nullptr) return true;
#endif
  const std::size_t bytes = core_.limits.turn_bytes;
  return share_.could_easily_take(bytes) || share_.could_take(bytes);
}

// So few bytes that their frames and fields are within the budget of a turn, whatever they are; then to the end of the frame,
// which is its header first: nothing is left that would need a block.
std::size_t Connection::read_few(std::size_t size) {
  const engine::Limits& limits = core_.limits;
  const std::size_t few = std::min({http2::kFrameHeaderBytes * std::size_t{limits.turn_frames},
                                    std::size_t{limits.turn_fields}, std::size_t{limits.turn_bytes}});
  std::size_t most = few;
  for (int step = 0; step < 3; ++step) {
    const IoResult result = read_up_to(most, size);
    if (result.io == Io::Closed && step == 0) peer_gone_ = true;
    size += result.size;
    most = size + http2_.frame_missing(core_.receive_buffer.first(size));
  }
  return size;
}

IoResult Connection::read_up_to(std::size_t most, std::size_t size) {
  most = std::min(most, core_.receive_buffer.size());
  if (size >= most) return {Io::WouldBlock};
  const IoResult result = stream().read(core_.receive_buffer.first(most).subspan(size));
  if (result.io == Io::Done) note_read(result.size);
  return result;
}

// Copies the bytes that the last turn did not parse back to the front of the shared buffers.
std::size_t Connection::restore_input() {
  if (input_.empty()) return 0;
  const std::size_t scratch_bytes = input_scratch_bytes_;
  if (!input_waits_) {
    input_.move_to(share_, core_.scratch.first(scratch_bytes));
    return input_.move_to(share_, core_.receive_buffer);
  }
  // It keeps its blocks: others may need them by now, and what remains after this turn must find some.
  const std::size_t size = input_.size() - scratch_bytes;
  input_.copy(0, core_.scratch.first(scratch_bytes));
  input_.copy(scratch_bytes, core_.receive_buffer.first(size));
  input_.clear_content();
  return size;
}

void Connection::take(std::size_t size) {
  input_waits_ = false;
  core_.most_read_bytes = std::max(core_.most_read_bytes, size);
  Bytes in = core_.receive_buffer.first(size);
  if (names_client() && !take_proxy_header(in)) return;
  if (!preface_sent_ && answered_http1(in)) return;
  refill_budgets();
  const bool established = http2_.established();
  for (;;) {
    in = in.subspan(http2_.receive(in, core_.scratch, out_, core_.turn));
    input_waits_ = !in.empty() && core_.turn.spent();
    if (in.empty() || input_waits_ || out_.room() >= http2::kControlReserveBytes || !send_out()) break;
  }
  if (input_waits_) note_turn_limit();
  if (!established && http2_.established()) deadlines_.note_established(core_.now);
  if (!http2_.failed()) keep_input(in);
}

void Connection::note_turn_limit() {
  if (core_.turn.frames_spent()) note_limit(LimitId::TurnFrames);
  if (core_.turn.fields_spent()) note_limit(LimitId::TurnFields);
  if (core_.turn.bytes_spent() || core_.turn.gzip_spent()) note_limit(LimitId::TurnBytes);
}

// There were blocks for the rest when it was read (could_postpone()). If there are none, its own calls have taken them in this turn.
void Connection::keep_input(Bytes rest) {
  const Bytes scratch = core_.scratch.first(http2_.pending_scratch_bytes());
  // Whole frames that wait for the next turn are not the peer's delay.
  const bool partial = http2_.established() && ((!rest.empty() && !input_waits_) || http2_.in_header_block());
  deadlines_.note_partial(partial, core_.now);
  if (scratch.empty() && rest.empty()) return input_.clear(share_);
  const std::size_t bytes = scratch.size() + rest.size();
  if (!input_.reserve(share_, bytes)) {
    note_limit(limit_on_blocks(bytes));
    return http2_.fail(http2::ErrorCode::EnhanceYourCalm, "no memory for the rest of a frame", out_);
  }
  (void)input_.append(share_, scratch);  // Reserved above, like the next.
  (void)input_.append(share_, rest);
  input_scratch_bytes_ = static_cast<std::uint16_t>(scratch.size());
}

bool Connection::answered_http1(Bytes first_bytes) {
  const std::string_view text = as_text(first_bytes);
  if (!speaks_http1(text)) {
    take_large_window(false);
    send_preface();
    return false;
  }
  answer_http1(text, core_.page.text(), out_);
  linger();
  return true;
}

void Connection::send_preface() {
  if (preface_sent_) return;
  preface_sent_ = true;
  http2_.start(out_, window_to_announce());
}

void Connection::end_turn() {
  core_.most_work.take_most(core_.turn.work());
  update_idle_order();
  if (state_ == State::Open) end_open_turn();
  const bool more = std::exchange(room_short_, false) || (out_full() && !waiting_.empty());
  if (!peer_gone_ && !send_out()) deadlines_.note_blocked(core_.now);
  if (state_ == State::Lingering && unsent_.empty() && !shut_down_) {
    stream().shut_down();
    shut_down_ = true;
    deadlines_.note_lingering(core_.now);
  }
  if (peer_gone_) {
    if (socket_.timed_out()) note_limit(LimitId::TcpKeepalive);
#ifdef MOTE_TLS
    if (tls_ != nullptr) log_tls_fault();
#endif
    return core_.owner.close(*this);
  }
  if (more && unsent_.empty()) call_again();
  if ((input_waits_ || stream().input_waits()) && unsent_.empty()) run_next_turn();
  watch(unsent_.empty() ? EPOLLIN : EPOLLOUT);
  Time due = deadlines_.next(deadline_state());
  // A WINDOW_UPDATE that waits for the next bytes is sent without them too.
  if (share_.promised() && may_grant_later(http2_.receive_window_bytes(), http2::kLargeWindowBytes))
    due = std::min<Time>(due, core_.now + std::chrono::milliseconds(1));
  core_.timers.arm_by(*this, due);
}

void Connection::end_open_turn() {
  announce_drain();
  refill_window_in_front_of_replies();
  flush_calls();
  if (http2_.failed()) release_all();
  if (share_.promised() || http2_.announces_large_windows()) update_large_windows();
  if (http2_.goaway_sent() && open_calls() == 0) linger();
}

void Connection::call_again() {
  flush_due_ = true;
  if (in_again_list) return;
  if (core_.turn.gzip_spent()) {
    note_limit(LimitId::TurnBytes);
  } else {
    note_limit(core_.turn.sends_spent() ? LimitId::TurnFrames : LimitId::SendBytes);
  }
  run_next_turn();
}

void Connection::run_next_turn() {
  if (in_again_list) return;
  in_again_list = true;
  next_again = core_.again;
  core_.again = this;
}

// Writes the bytes of this turn. Returns false if the socket takes no more; the rest is kept.
bool Connection::send_out() {
  ByteReader rest(out_.written());
  out_.rewind(0);
  while (!rest.empty() && unsent_.empty() && !peer_gone_) {
    const IoResult result = stream().write(rest.rest());
    core_.bytes_sent += result.size;
    if (result.io == Io::Done) rest.take(result.size);
    if (result.io == Io::Closed) peer_gone_ = true;
    if (result.io != Io::WouldBlock) continue;
    if (!has_large_socket && grow_socket()) continue;
    keep_unsent(rest.rest());
  }
  return unsent_.empty() && !peer_gone_;
}

void Connection::keep_unsent(Bytes rest) {
  if (!unsent_.append(share_, rest)) {
    abort("no memory for bytes that the peer does not read", limit_on_blocks(rest.size()));
  }
  out_ = ByteWriter({});
}

IoResult Connection::write_unsent() {
  std::array<Bytes, 16> parts;
  std::size_t count = 0;
  for (const mote_piece* piece = unsent_.pieces(); piece != nullptr && count != parts.size(); piece = piece->next) {
    if (piece->size != 0) parts[count++] = {piece->data, piece->size};
  }
  return stream().write_parts(std::span(parts).first(count));
}

// Writes the kept bytes. Returns true if all are sent; then the turn may continue.
bool Connection::send_unsent() {
  while (!unsent_.empty()) {
    const IoResult result = write_unsent();
    if (result.io == Io::Closed) peer_gone_ = true;
    if (result.io != Io::Done) return false;
    unsent_.discard(share_, result.size);
    core_.bytes_sent += result.size;
    deadlines_.note_progress(result.size, core_.now);
    deadlines_.note_activity(core_.now);
  }
  deadlines_.note_all_sent(core_.now);
  flush_due_ = true;
  out_ = ByteWriter(core_.send_buffer);
  return true;
}

// Round-robin: a call that stays in the list moves to its end.
void Connection::flush_calls() {
  if (!flush_due_) return;
  flush_due_ = false;
  room_short_ = false;
  const bool gathers = stream().gathers();
  may_send_blocks_ = gathers;
  const StreamCall* last = waiting_.last();
  while (!waiting_.empty() && !out_full()) {
    StreamCall& call = *waiting_.first();
    const bool at_end = &call == last;
    waiting_.remove(call);
    flush_call(call);
    if (at_end) break;
    // It is the turn of the others in the next turn of the loop.
    if (may_send_blocks_ != gathers) {
      room_short_ = !waiting_.empty();
      break;
    }
  }
  may_send_blocks_ = false;
}

void Connection::flush_call(StreamCall& call) {
  if (call.flush()) return release(call);
  if (!call.waiting() && call.held_back()) call.ready();
  settle(call);
}

void Connection::settle(StreamCall& call) {
  if (call.waiting() && call.flush()) return release(call);
  if (!call.waiting() && !call.held_back()) return;
  waiting_.push(call);
  if (!call.waits_for_window()) room_short_ = true;
}

void Connection::release(StreamCall& call) {
  waiting_.remove(call);
  if (call.reserved()) {
    --share_.address().reserved_calls;
    --core_.reserved_calls;
  } else {
    --share_.address().calls;
  }
  core_.calls.close(call);
  if (open_calls() == 0) deadlines_.note_idle(core_.now);
}

void Connection::release_all() {
  while (http2::Stream* stream = http2_.first_stream()) {
    http2_.remove(*stream);
    release(static_cast<StreamCall&>(*stream));
  }
}

}  // namespace mote::lean
