// Whole connections between our client and a server of libnghttp2: calls one after the other, windows, settings, resets, and
// bytes that are cut anywhere on the way. In the end both must have received everything that the other sent.
#include <algorithm>

#include "hpack/encoder.h"
#include "message_story.h"
#include "nghttp2_peer.h"
#include "support/client_end.h"
#include "support/cmocka_test.h"
#include "support/lines.h"
#include "support/seed.h"

namespace {

using namespace mote::test;
using mote::ByteWriter;
using mote::http2::ClientConnection;

// The story of what the client received.
std::string story_of(const std::vector<std::string>& lines) {
  std::string text;
  bool headers = false;
  bool in_data = false;
  for (const std::string& line : lines) {
    if (line.starts_with("field ")) {
      if (headers && std::exchange(in_data, false)) text += '\n';
      text += line + '\n';
    } else if (line.ends_with(" headers")) {
      text += "section\n";
      headers = in_data = true;
    } else if (line.starts_with("data ")) {
      text += line.substr(5);
    } else if (line == "end") {
      if (!std::exchange(headers, true)) text += "section\n";
      text += in_data ? "\nhalf-close\n" : "trailers\nhalf-close\n";
    }
  }
  return text;
}

class Exchange {
 public:
  explicit Exchange(std::mt19937& random)
      : random_(random),
        most_(std::size_t{32} << pick(random, 11)),
        piece_(std::size_t{1} << pick(random, 12)),
        ours_(random_limits(random), 4096, 65536),
        theirs_({.server = true, .pads = pick(random, 1) == 0, .settings = random_settings()}, random),
        resets_(pick(random, 3) == 0) {
    ours_.start();
  }

  void run() {
    for (std::size_t calls = 1 + pick(random_, 8); calls > 0; --calls)
      call();
    assert_false(ours_.failed());
  }

 private:
  static ClientConnection::Limits random_limits(std::mt19937& random) {
    constexpr std::uint32_t kWindows[] = {65535, 1000, 10000, 300000};
    return {.stream_window_bytes = kWindows[pick(random, 3)], .header_bytes = 200000};
  }
  [[nodiscard]] bool slow() const { return most_ < 512; }
  [[nodiscard]] std::size_t most_data() const { return slow() ? 3000 : 80000; }
  std::vector<nghttp2_settings_entry> random_settings() {
    std::vector<nghttp2_settings_entry> settings;
    if (pick(random_, 1) == 0) {
      window_ = std::max<std::size_t>(window_, (slow() ? 1 : 4000) + random_size(random_, 200000));
      settings.push_back({NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(window_)});
    }
    if (pick(random_, 2) == 0)
      settings.push_back({NGHTTP2_SETTINGS_MAX_FRAME_SIZE, static_cast<std::uint32_t>(16384 + pick(random_, 50000))});
    if (pick(random_, 2) == 0)
      settings.push_back({NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, static_cast<std::uint32_t>(pick(random_, 5000))});
    return settings;
  }

  // Of what fits into one buffer: the device's requests do.
  Message random_call() {
    Message message = random_request(random_, most_data());
    message.trailers.clear();
    std::erase_if(message.headers, [](const auto& field) { return field.second.size() > 500; });
    return message;
  }

  void call() {
    asked_ = random_call();
    answered_ = random_response(random_, most_data());
    sent_ = 0;
    sent_all_ = answers_ = reset_ = false;
    ours_.lines.clear();
    theirs_.lines.clear();
    drain();
    open();
    for (int step = 0; step < 3000000 && !over(); ++step)
      turn();
    assert_true(over());
    carry_all();
    check();
    id_ += 2;
  }
  void open() {
    ours_.connection.begin_request();
    mote::hpack::Encoder encoder(ours_.connection.out());
    for (const auto& [name, value] : asked_.headers)
      encoder.literal(name, value);
    assert_true(ours_.connection.open());
  }
  [[nodiscard]] bool over() const {
    if (reset_) return true;
    const bool ended = !ours_.lines.empty() && (ours_.lines.back() == "end" || ours_.lines.back().starts_with("reset"));
    return ended && sent_all_ && theirs_.idle(id_);
  }

  void turn() {
    switch (pick(random_, 7)) {
      case 0:
        return send_some();
      case 1:
      case 2:
        return carry_to_us();
      case 3:
      case 4:
        return carry_to_them();
      case 5:
        theirs_.consume();
        return answer_by_them();
      case 6:
        return consume_some();
      default:
        return disturb();
    }
  }
  void send_some() {
    if (sent_all_) return;
    ByteWriter& out = ours_.connection.out();
    if (out.room() < ClientConnection::kReserveBytes) return drain();
    const std::size_t left = asked_.data.size() - sent_;
    if (left != 0 && ours_.connection.data_place().empty()) return;
    const std::size_t size = std::min(left, random_size(random_, 30000));
    const std::string_view part = std::string_view(asked_.data).substr(sent_, size);
    sent_ += ours_.send_data(part, sent_ + size == asked_.data.size());
    sent_all_ = ours_.connection.local_closed();
  }
  // Only after all of the request was received: an earlier end of the reply would abort the request.
  void answer_by_them() {
    const std::string heard_all = "half-close " + std::to_string(id_);
    if (answers_ || std::ranges::find(theirs_.lines, heard_all) == theirs_.lines.end()) return;
    answers_ = true;
    theirs_.respond(id_, answered_);
  }
  void consume_some() {
    if (ours_.connection.out().room() < ClientConnection::kReserveBytes) return drain();
    ours_.connection.grant_up_to(static_cast<std::uint32_t>(pick(random_, 300000)));
  }
  void disturb() {
    switch (pick(random_, 30)) {
      case 0:
        return theirs_.settings(random_settings());
      case 1:
        return theirs_.ping(pick(random_, 1000));
      case 2:
        if (ours_.connection.out().room() >= ClientConnection::kReserveBytes) ours_.connection.ping();
        return;
      case 3:
        if (!resets_ || ours_.connection.out().room() < ClientConnection::kReserveBytes) return;
        ours_.connection.reset();
        reset_ = true;
        return;
      default:
        ours_.connection.refund_idle_frames(100);
        return;
    }
  }

  void drain() { to_them_ = std::move(to_them_) + ours_.output(); }
  void carry_to_us() {
    to_us_ = std::move(to_us_) + theirs_.output();
    const Octets bytes = part_of(to_us_);
    ours_.feed_in_pieces(bytes, [&] { return 1 + pick(random_, piece_ - 1); });
    assert_false(ours_.failed());
  }
  void carry_to_them() {
    drain();
    assert_true(theirs_.feed(part_of(to_them_)));
    assert_int_equal(theirs_.error(), 0);
  }
  Octets part_of(Octets& pipe) { return take_front(pipe, 1 + pick(random_, most_)); }
  void carry_all() {
    const std::size_t most = std::exchange(most_, 10000000);
    for (int i = 0; i < 3; ++i) {
      carry_to_us();
      carry_to_them();
    }
    most_ = most;
  }

  void check() {
    const std::string asked = story(asked_);
    const std::string received = received_by_stream(theirs_.lines)[static_cast<unsigned>(id_)].story;
    if (reset_) {
      assert_true(asked.starts_with(received));
      return;
    }
    assert_string_equal(received.c_str(), asked.c_str());
    std::string answer = story(answered_);
    // The :status is not among the fields.
    answer.erase(0, answer.find('\n') + 1);
    assert_string_equal(story_of(ours_.lines).c_str(), answer.c_str());
    assert_int_equal(ours_.connection.status(), std::stoi(answered_.headers[0].second));
  }

  std::mt19937& random_;
  std::size_t most_;            // Bytes that are carried at a time.
  std::size_t piece_;           // Of them, what our end gets at a time.
  std::size_t window_ = 65535;  // The initial one that nghttp2 has announced.
  ClientEnd ours_;
  Nghttp2Peer theirs_;
  Octets to_us_;
  Octets to_them_;
  Message asked_;
  Message answered_;
  std::int32_t id_ = 1;
  std::size_t sent_ = 0;
  bool sent_all_ = false;
  bool answers_ = false;
  bool reset_ = false;
  bool resets_;
};

void calls_of_a_server_of_nghttp2(void**) {
  std::mt19937 random = seeded_random();
  for (int round = 0; round < 150; ++round)
    Exchange(random).run();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(calls_of_a_server_of_nghttp2),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
