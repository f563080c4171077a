// Whole connections between a client of libnghttp2 and our server: random calls, windows, settings, resets, and bytes that are
// cut anywhere on the way. In the end both must have received everything that the other sent, and nothing may remain.
#include <map>
#include <set>

#include "message_story.h"
#include "nghttp2_peer.h"
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/seed.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::ByteWriter;
using mote::http2::ConnectionLimits;
using mote::http2::ErrorCode;

struct Sending {
  Message message;
  bool begun = false;
  std::size_t sent = 0;
};

class Exchange {
 public:
  explicit Exchange(std::mt19937& random)
      : random_(random),
        most_(std::size_t{32} << pick(random, 11)),
        piece_(std::size_t{1} << pick(random, 12)),
        shrinks_windows_(pick(random, 1) == 0),
        ours_(random_limits(random), 65536),
        theirs_({.pads = pick(random, 1) == 0, .consumes_at_once = !shrinks_windows_, .settings = random_settings()},
                random),
        calls_(1 + pick(random, 12)),
        resets_(pick(random, 3) == 0) {
    ours_.start();
  }

  void run() {
    for (int step = 0; step < 3000000 && !finished(); ++step)
      turn();
    assert_true(finished());
    flush();
    check_streams();
    check_goaway();
  }
  [[nodiscard]] bool table_moved() const { return ours_.connection.table_in_reserve(); }

 private:
  static ConnectionLimits random_limits(std::mt19937& random) {
    constexpr std::uint32_t kTables[] = {0, 100, 1024, 4096};
    constexpr std::uint32_t kWindows[] = {65535, 1000, 10000, 300000};
    return {.stream_window_bytes = kWindows[pick(random, 3)],
            .header_bytes = 100000,
            .header_table_bytes = kTables[pick(random, 3)],
            .reset_budget = 1000000,
            .idle_frame_budget = 1000000};
  }
  // Where bytes come in small steps, or windows are small, there are few.
  [[nodiscard]] bool slow() const { return most_ < 512; }
  [[nodiscard]] std::size_t most_data() const { return slow() ? 3000 : 80000; }
  std::vector<nghttp2_settings_entry> random_settings() {
    std::mt19937& random = random_;
    std::vector<nghttp2_settings_entry> settings;
    if (pick(random, 1) == 0) {
      const std::size_t size = (slow() ? 1 : 4000) + random_size(random, 200000);
      if (shrinks_windows_ || asked_.empty() || size > window_) window_ = size;
      settings.push_back({NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(window_)});
    }
    if (pick(random, 2) == 0) {
      settings.push_back({NGHTTP2_SETTINGS_MAX_FRAME_SIZE, static_cast<std::uint32_t>(16384 + pick(random, 50000))});
    }
    if (pick(random, 2) == 0) {
      settings.push_back({NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, static_cast<std::uint32_t>(pick(random, 5000))});
    }
    return settings;
  }

  [[nodiscard]] bool finished() const {
    if (asked_.size() < calls_ || ours_.connection.stream_count() > 0) return false;
    if (ours_.connection.last_peer_stream() < asked_.rbegin()->first) return false;
    for (const auto& [id, request] : asked_) {
      if (!theirs_.idle(static_cast<std::int32_t>(id))) return false;
    }
    return true;
  }

  void turn() {
    switch (pick(random_, 9)) {
      case 0:
        return ask();
      case 1:
      case 2:
        return send_some();
      case 3:
      case 4:
        return carry_to_us();
      case 5:
      case 6:
        return carry_to_them();
      case 7:
        return theirs_.consume();
      case 8:
        return consume_some();
      default:
        return disturb();
    }
  }

  void ask() {
    if (asked_.size() >= calls_) return;
    const Message message = random_request(random_, most_data());
    asked_[static_cast<unsigned>(theirs_.request(message))] = message;
  }
  void answer_by_us() {
    for (const auto& [id, stream] : ours_.events.streams) {
      if (answered_.contains(id) || !stream->headers_received) continue;
      answered_[id] = random_response(random_, most_data());
      sending_[id] = {answered_[id]};
    }
  }

  // One step of each stream that has something to send.
  void send_some() {
    answer_by_us();
    std::vector<unsigned> ids;
    for (const auto& [id, sending] : sending_)
      ids.push_back(id);
    for (const unsigned id : ids) {
      if (!ours_.has_stream(id) || ours_.stream(id).local_closed) continue;
      send_step(id, sending_[id]);
    }
  }
  void send_step(unsigned id, Sending& sending) {
    const Message& message = sending.message;
    if (!sending.begun) {
      const bool end = message.data.empty() && message.trailers.empty() && pick(random_, 1) == 0;
      sending.begun = send_section(id, message.headers, end);
    } else if (sending.sent < message.data.size()) {
      const std::size_t size = std::min(message.data.size() - sending.sent, 1 + random_size(random_, 30000));
      const bool last = sending.sent + size == message.data.size() && message.trailers.empty();
      const std::string_view part = std::string_view(message.data).substr(sending.sent, size);
      if (!ours_.connection.data_place(ours_.stream(id), ours_.out).empty()) {
        sending.sent += ours_.send_data(id, part, last);
      }
    } else if (!message.trailers.empty()) {
      send_section(id, message.trailers, true);
    } else if (ours_.out.room() > 100) {
      ours_.send_data(id, "", true);
    }
  }
  bool send_section(unsigned id, const Fields& fields, bool end) {
    std::vector<std::uint8_t> buffer(100000);
    ByteWriter block(buffer);
    mote::hpack::Encoder encoder(block);
    for (const auto& [name, value] : fields)
      encoder.literal(name, value);
    assert_false(block.overflowed());
    const bool sent = ours_.connection.send_headers(ours_.stream(id), block.written(), end, ours_.out);
    ours_.events.remove_if_closed(id);
    return sent;
  }

  void consume_some() {
    for (const auto& [id, stream] : ours_.events.streams) {
      const std::int64_t lacking = std::int64_t{ours_.limits.stream_window_bytes} - stream->receive_window_bytes;
      if (ours_.out.room() < mote::http2::kControlReserveBytes) return;
      if (lacking <= 0) continue;
      const std::size_t size = pick(random_, static_cast<std::size_t>(lacking));
      ours_.connection.grant(*stream, static_cast<std::uint32_t>(size), ours_.out);
    }
  }

  void disturb() {
    switch (pick(random_, 30)) {
      case 0:
        return theirs_.settings(random_settings());
      case 1:
        return theirs_.ping(pick(random_, 1000));
      case 2:
        if (ours_.out.room() >= mote::http2::kControlReserveBytes) ours_.connection.ping(7, ours_.out);
        return;
      case 3:
        return reset_by_us();
      case 4:
        return reset_by_them();
      default:
        return;
    }
  }
  void reset_by_us() {
    if (!resets_ || ours_.events.streams.empty() || ours_.out.room() < mote::http2::kControlReserveBytes) return;
    const unsigned id = ours_.events.streams.begin()->first;
    ours_.reset(id, ErrorCode::Cancel);
    disturbed_.insert(id);
  }
  void reset_by_them() {
    if (!resets_ || asked_.empty()) return;
    const unsigned id = std::next(asked_.begin(), static_cast<std::ptrdiff_t>(pick(random_, asked_.size() - 1)))->first;
    if (theirs_.idle(static_cast<std::int32_t>(id))) return;
    theirs_.reset(static_cast<std::int32_t>(id), NGHTTP2_INTERNAL_ERROR);
    disturbed_.insert(id);
  }

  void carry_to_us() {
    to_us_ = std::move(to_us_) + theirs_.output();
    const Octets bytes = part_of(to_us_);
    assert_false(ours_.connection.failed());
    ours_.feed_in_pieces(bytes, [&] { return 1 + pick(random_, piece_ - 1); });
  }
  void carry_to_them() {
    to_them_ = std::move(to_them_) + ours_.output();
    assert_true(theirs_.feed(part_of(to_them_)));
    assert_int_equal(theirs_.error(), 0);
  }
  Octets part_of(Octets& pipe) { return take_front(pipe, 1 + pick(random_, most_)); }
  void flush() {
    for (int i = 0; i < 5; ++i) {
      most_ = 10000000;
      carry_to_us();
      carry_to_them();
    }
  }

  // Without a reset everything was received, with a reset a part from the start; a reported reset has the right code.
  void check_streams() {
    const auto by_us = received_by_stream(ours_.events.lines);
    const auto by_them = received_by_stream(theirs_.lines);
    for (const auto& [id, request] : asked_) {
      const std::string asked = story(request);
      const std::string answered = answered_.contains(id) ? story(answered_[id]) : "";
      check_received(id, by_us, asked, "INTERNAL_ERROR by peer");
      check_received(id, by_them, answered, "CANCEL by peer");
    }
  }
  void check_received(unsigned id, const std::map<unsigned, Received>& all, const std::string& said,
                      const std::string& reset) {
    const Received received = all.contains(id) ? all.at(id) : Received();
    if (disturbed_.contains(id)) {
      assert_true(said.starts_with(received.story) || (said + "\n").starts_with(received.story));
      assert_true(received.reset.empty() || received.reset == reset);
    } else {
      if (received.story != said)
        std::printf("stream %u received:\n%s\nwanted:\n%s\n", id, received.story.c_str(), said.c_str());
      assert_true(received.story == said);
      if (!received.reset.empty()) std::printf("stream %u was reset: %s\n", id, received.reset.c_str());
      assert_true(received.reset.empty());
    }
  }
  // After GOAWAY and without open streams, nghttp2 reads no more.
  void check_goaway() {
    const unsigned last = asked_.rbegin()->first;
    if (pick(random_, 1) == 0) {
      theirs_.goaway();
      flush();
      expect({ours_.events.lines.back()}, {"goaway 0 NO_ERROR"});
    } else {
      ours_.connection.goaway(ErrorCode::NoError, "done", ours_.out);
      flush();
      expect({theirs_.lines.back()}, {"goaway " + std::to_string(last) + " NO_ERROR"});
    }
    assert_null(ours_.connection.first_stream());
    assert_true(ours_.events.streams.empty());
  }

  std::mt19937& random_;
  std::size_t most_;   // Bytes that are carried at a time.
  std::size_t piece_;  // Of them, what receive() gets at a time.
  // nghttp2 resets a stream whose window it shrank below what has come, unless consume() alone gives windows back.
  bool shrinks_windows_;
  std::size_t window_ = 65535;  // The initial one that nghttp2 has announced.
  std::map<unsigned, Message> asked_;
  std::map<unsigned, Message> answered_;
  ServerEnd ours_;
  Nghttp2Peer theirs_;
  Octets to_us_;
  Octets to_them_;
  std::map<unsigned, Sending> sending_;  // Our half of each stream.
  std::set<unsigned> disturbed_;         // Streams that one side has reset.
  std::size_t calls_;
  bool resets_;
};

constexpr int kRounds = 150;

void test_server(void**) {
  std::mt19937 random = seeded_random();
  int tables_moved = 0;
  for (int round = 0; round < kRounds; ++round) {
    Exchange exchange(random);
    exchange.run();
    if (exchange.table_moved()) ++tables_moved;
  }
  // Header tables of both kinds were tried.
  assert_in_range(tables_moved, 1, kRounds - 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_server),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
