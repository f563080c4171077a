// The owner of a server's connection for fuzzers: controlled by the input, it does everything that an owner may do, and checks the
// guarantees of the connection after each step. All memory has exactly its size.
//
// Input: u8 number of choices, the choices, then the bytes of the peer. The first three choices set up the connection
// (see Setup), the others are used one by one, repeatedly.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/output_judge.h"
#include "http2/server/server_connection.h"

namespace mote::fuzz {

class Choices {
 public:
  explicit Choices(Bytes bytes) : bytes_(bytes.begin(), bytes.end()) {}
  std::uint8_t next() { return bytes_.empty() ? 0 : bytes_[at_++ % bytes_.size()]; }
  [[nodiscard]] std::uint8_t at(std::size_t index) const { return index < bytes_.size() ? bytes_[index] : 0; }
  void skip(std::size_t count) { at_ += count; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

struct Setup {
  static constexpr std::size_t kChoices = 3;

  explicit Setup(const Choices& choices)
      : raw_start(choices.at(0) & 1),
        acknowledges(choices.at(0) & 2),
        two_part_table(!(choices.at(0) & 4)),
        passive(choices.at(0) & 8),
        pieces(choices.at(1)),
        room(http2::kControlReserveBytes + std::size_t{4} * choices.at(2)) {
    constexpr std::uint32_t kTables[] = {1024, 0, 200, 4096};
    limits.header_table_bytes = kTables[choices.at(0) >> 4 & 3];
    if (choices.at(0) & 0x40) limits.streams = 3;
    if (choices.at(0) & 0x80) {
      limits.stream_window_bytes = 100;
      limits.header_bytes = 300;
      limits.header_fields = 6;
      limits.header_frames = 3;
      limits.reset_budget = 2;
      limits.free_refusals = 2;
      limits.idle_frame_budget = 20;
    }
  }

  http2::ConnectionLimits limits;
  bool raw_start;       // The peer's preface and first SETTINGS are in the input too.
  bool acknowledges;    // Otherwise our SETTINGS are acknowledged before it.
  bool two_part_table;  // Otherwise the header table has one part and never moves.
  bool passive;         // The owner only receives.
  bool keeps = true;    // The owner keeps the fields of requests for the next one.
  std::uint8_t pieces;  // Bytes for each receive(); 0: all bytes; 255: as the choices decide.
  std::size_t room;
};

class Owner final : public http2::ConnectionEvents {
 public:
  Owner(const Setup& setup, const Choices& choices)
      : setup_(setup),
        choices_(choices),
        table_(setup.two_part_table ? kSmallTableBytes : http2::kDefaultHeaderTableBytes),
        table_reserve_(setup.two_part_table ? http2::kDefaultHeaderTableBytes : 0),
        scratch_(std::max(setup.limits.header_bytes, http2::kDefaultHeaderTableBytes)),
        buffer_(setup.room),
        out_(buffer_),
        connection_(setup_.limits, *this, table_, table_reserve_) {
    choices_.skip(Setup::kChoices);
    connection_.start(out_);
    drain();
  }

  void run(Bytes bytes) {
    std::vector<std::uint8_t> unread;
    bool full = false;
    while (!bytes.empty() || full) {
      const std::size_t size = std::min<std::size_t>(bytes.size(), next_piece());
      unread.insert(unread.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      bytes = bytes.subspan(size);
      const std::size_t taken = receive(unread);
      full = out_.room() < http2::kControlReserveBytes;
      unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(taken));
      if (!setup_.passive) act(any_stream());
      check_state();
      drain();
    }
  }

  [[nodiscard]] const std::string& transcript() const { return transcript_; }

  // --- ConnectionEvents ---

  http2::Stream* open_stream(http2::StreamId id) override {
    check(!streams_.contains(id));
    note("open", id);
    if (!setup_.passive && choices_.next() % 16 == 15) return nullptr;
    return &(streams_[id] = std::make_unique<Held>())->stream;
  }
  http2::Stream* find_stream(http2::StreamId id) override {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : &found->second->stream;
  }
  void on_field(http2::Stream& stream, const hpack::HeaderField& field) override {
    Held& held = held_of(stream);
    check(!held.received_end && !field.name.empty());
    held.field_bytes += field.name.size() + field.value.size() + 32;
    check(held.field_bytes <= setup_.limits.header_bytes);
    check(++held.fields <= setup_.limits.header_fields);
    held.request.emplace_back(field.name, field.value);
    note(std::string(field.name) + ':' + std::string(field.value), stream.id);
  }
  bool keep_fields(const http2::Stream& stream) override {
    if (setup_.keeps) known_ = held_of(stream).request;
    return setup_.keeps;
  }
  void on_known_fields(http2::Stream& stream) override {
    check(held_of(stream).request.empty());
    for (const auto& [name, value] : known_)
      on_field(stream, {name, value});
  }
  void on_malformed(http2::Stream& stream, std::string_view name, http2::FieldFault fault) override {
    check(!std::exchange(held_of(stream).malformed, true));
    note("malformed " + std::to_string(static_cast<unsigned>(fault)) + std::string(name), stream.id);
  }
  bool answers_malformed(const http2::Stream& stream) override {
    check(held_of(stream).malformed);
    return !setup_.passive && choices_.next() % 2 == 1;
  }
  void on_section_end(http2::Stream& stream, http2::SectionEnd end) override {
    Held& held = held_of(stream);
    check(std::exchange(held.malformed, false) == end.malformed);
    check(!held.received_end && ++held.sections == (end.trailers ? 2 : 1));
    check(!end.trailers || end.end_stream);
    held.fields = 0;
    held.field_bytes = 0;
    note(std::string("section") + (end.end_stream ? " end" : "") + (end.too_large ? " too large" : ""), stream.id);
    act(&stream);
  }
  std::size_t on_data(http2::Stream& stream, Bytes bytes) override {
    Held& held = held_of(stream);
    check(held.sections == 1 && !held.received_end && !bytes.empty());
    held.unconsumed += static_cast<std::uint32_t>(bytes.size());
    if (data_of_ != stream.id) note("data ", stream.id);
    transcript_.append(as_text(bytes));
    data_of_ = stream.id;
    act(&stream);
    return 0;
  }
  void on_half_close(http2::Stream& stream) override {
    Held& held = held_of(stream);
    check(held.sections > 0 && !held.received_end && stream.remote_closed);
    held.received_end = true;
    note("end", stream.id);
    if (stream.local_closed) {
      streams_.erase(stream.id);
    } else {
      act(&stream);
    }
  }
  void on_reset(http2::Stream& stream, http2::ErrorCode code, bool by_peer) override {
    held_of(stream);
    note((by_peer ? "reset by peer " : "reset ") + std::to_string(static_cast<unsigned>(code)), stream.id);
    streams_.erase(stream.id);
  }
  void on_window(http2::Stream* stream) override {
    note("window", stream == nullptr ? 0 : stream->id);
    act(stream == nullptr ? any_stream() : stream);
  }
  void on_ping_ack(std::uint64_t payload) override { note("pong " + std::to_string(payload), 0); }
  void on_goaway(http2::StreamId last, http2::ErrorCode, std::string_view) override { note("goaway", last); }
  void on_connection_error(http2::ErrorCode code, std::string_view reason) override {
    check(!std::exchange(failed_, true) && connection_.failed() && !reason.empty());
    note("error " + std::to_string(static_cast<unsigned>(code)) + std::string(reason), 0);
  }
  void on_limit(http2::ConnectionLimit limit) override {
    note("limit " + std::to_string(static_cast<unsigned>(limit)), 0);
  }

 private:
  static constexpr std::size_t kSmallTableBytes = 200;

  using Fields = std::vector<std::pair<std::string, std::string>>;
  struct Held {
    http2::Stream stream;
    int sections = 0;
    bool malformed = false;
    bool received_end = false;
    std::uint32_t unconsumed = 0;
    std::size_t field_bytes = 0;
    std::uint32_t fields = 0;
    Fields request;
  };

  void note(std::string_view text, http2::StreamId id) {
    check(!failed_ || text.starts_with("error"));
    data_of_ = 0;
    transcript_.append("\n").append(std::to_string(id)).append(" ").append(text);
  }
  Held& held_of(const http2::Stream& stream) {
    const auto found = streams_.find(stream.id);
    check(found != streams_.end() && &found->second->stream == &stream);
    return *found->second;
  }
  http2::Stream* any_stream() {
    if (streams_.empty()) return nullptr;
    return &std::next(streams_.begin(), choices_.next() % static_cast<std::ptrdiff_t>(streams_.size()))->second->stream;
  }
  std::size_t next_piece() {
    if (setup_.pieces == 0) return SIZE_MAX;
    return setup_.pieces == 255 ? std::size_t{1} + choices_.next() : setup_.pieces;
  }

  std::size_t receive(const std::vector<std::uint8_t>& unread) {
    const std::vector<std::uint8_t> in(unread.begin(), unread.end());
    const std::size_t taken = connection_.receive(in, scratch_, out_);
    check(taken <= in.size() && connection_.pending_scratch_bytes() <= scratch_.size());
    check(in.size() - taken <= 16 || out_.room() < http2::kControlReserveBytes);
    check(!failed_ || taken == in.size());
    check(taken > 0 || out_.size() > 0 || in.size() <= 16);
    std::fill(scratch_.begin() + static_cast<std::ptrdiff_t>(connection_.pending_scratch_bytes()), scratch_.end(),
              0xa5);
    return taken;
  }

  void drain() {
    check(!out_.overflowed());
    judge_.take(out_.written());
    out_.rewind(0);
  }

  // An action of the owner on a stream, inside an event or between two calls. The owner must ensure enough room.
  void act(http2::Stream* stream) {
    if (setup_.passive || failed_) return;
    const std::uint8_t choice = choices_.next();
    if (stream == nullptr || choice % 16 >= 11) return act_on_connection(choice);
    switch (choice % 16) {
      case 1:
      case 2:
        return send_headers(*stream, choice % 16 == 2);
      case 3:
      case 4:
        return send_data(*stream, choice % 16 == 4);
      case 5:
        if (out_.room() >= http2::kControlReserveBytes) reset(*stream);
        return;
      case 6:
      case 7:
        return consume(*stream, choice >> 4);
      default:
        return;
    }
  }
  void act_on_connection(std::uint8_t choice) {
    if (out_.room() < 2 * http2::kControlReserveBytes) return;
    switch (choice) {
      case 0x1b:
        return connection_.ping(choice, out_);
      case 0x2b:
        return connection_.announce_goaway("shutting down", out_);
      case 0x3b:
        return connection_.goaway(http2::ErrorCode::NoError, "enough", out_);
      case 0x4b:
        return connection_.fail(http2::ErrorCode::InternalError, "told to", out_);
      case 0x5b:
        connection_.refund_idle_frames(10);
        connection_.refund_refusals(1);
        return connection_.refund_resets(1);
      default:
        return;
    }
  }
  void send_headers(http2::Stream& stream, bool end) {
    if (stream.local_closed) return;
    constexpr std::uint8_t kBlock[] = {0x88, 0x00, 0x01, 'a', 0x01, 'b'};
    const std::size_t before = out_.size();
    if (!connection_.send_headers(stream, kBlock, end, out_)) check(out_.size() == before);
    remove_if_closed(stream);
  }
  void send_data(http2::Stream& stream, bool end) {
    if (stream.local_closed) return;
    const MutableBytes place = connection_.data_place(stream, out_);
    if (place.empty() && (!end || out_.room() < http2::kControlReserveBytes)) return;
    check(place.size() <= connection_.sendable_bytes(stream));
    const std::size_t size = place.empty() ? 0 : place.size() - choices_.next() % place.size();
    std::fill_n(place.begin(), size, std::uint8_t{'x'});
    connection_.send_data(stream, size, end, out_);
    remove_if_closed(stream);
  }
  void consume(http2::Stream& stream, std::uint8_t sixteenths) {
    Held& held = held_of(stream);
    if (out_.room() < 2 * http2::kControlReserveBytes) return;
    const std::uint32_t size = sixteenths == 15 ? held.unconsumed : held.unconsumed / 16 * sixteenths;
    held.unconsumed -= size;
    connection_.grant(stream, size, out_);
  }
  void reset(http2::Stream& stream) {
    connection_.reset(stream, http2::ErrorCode::Cancel, out_);
    streams_.erase(stream.id);
  }
  void remove_if_closed(const http2::Stream& stream) {
    if (stream.local_closed && stream.remote_closed) streams_.erase(stream.id);
  }

  void check_state() {
    std::size_t count = 0;
    const http2::Stream* previous = nullptr;
    for (const http2::Stream* stream = connection_.first_stream(); stream != nullptr; stream = stream->next) {
      const Held& held = held_of(*stream);
      check(stream->previous == previous);
      check(failed_ || !(stream->local_closed && stream->remote_closed));
      check(stream->receive_window_bytes >= -static_cast<std::int32_t>(http2::kDefaultWindowBytes));
      check(std::int64_t{stream->receive_window_bytes} + held.unconsumed <= http2::kDefaultWindowBytes);
      check(stream->headers_received == (held.sections > 0) && (failed_ || stream->remote_closed == held.received_end));
      previous = stream;
      ++count;
    }
    check(count == connection_.stream_count() && count == streams_.size());
    check(count <= setup_.limits.streams);
    check(connection_.failed() == failed_);
  }

  const Setup setup_;
  Choices choices_;
  std::map<http2::StreamId, std::unique_ptr<Held>> streams_;
  Fields known_;
  std::string transcript_;
  http2::StreamId data_of_ = 0;
  bool failed_ = false;
  std::vector<std::uint8_t> table_;
  std::vector<std::uint8_t> table_reserve_;
  std::vector<std::uint8_t> scratch_;
  std::vector<std::uint8_t> buffer_;
  ByteWriter out_;
  OutputJudge judge_;
  http2::ServerConnection connection_;
};

// Runs one input. A passive owner gets the same events for all cuts and writers, with or without known fields.
inline void run_connection(Bytes input, Bytes greeting, Bytes acknowledgement) {
  if (input.empty()) return;
  const std::size_t count = std::min<std::size_t>(input[0], input.size() - 1);
  const Choices choices(input.subspan(1, count));
  Setup setup(choices);
  std::vector<std::uint8_t> bytes;
  if (!setup.raw_start) bytes.insert(bytes.end(), greeting.begin(), greeting.end());
  if (!setup.raw_start && !setup.acknowledges)
    bytes.insert(bytes.end(), acknowledgement.begin(), acknowledgement.end());
  const Bytes peer = input.subspan(1 + count);
  bytes.insert(bytes.end(), peer.begin(), peer.end());

  Owner owner(setup, choices);
  owner.run(bytes);
  if (!setup.passive) return;
  setup.pieces = bytes.size() < 1000 ? 1 : 7;
  setup.room = http2::kControlReserveBytes;
  setup.keeps = false;
  Owner patient(setup, choices);
  patient.run(bytes);
  check(owner.transcript() == patient.transcript());
}

}  // namespace mote::fuzz
