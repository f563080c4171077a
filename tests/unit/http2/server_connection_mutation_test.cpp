// The bytes of a libnghttp2 client, damaged at random, go to our server and to libnghttp2's: neither may lose its
// footing, and where one ends the connection the other does, but for the differences that are named here.
#include <algorithm>
#include <string_view>

#include "nghttp2_peer.h"
#include "support/cmocka_test.h"
#include "support/seed.h"
#include "support/server_end.h"

namespace {

using namespace mote::test;
using mote::http2::ConnectionLimits;

// Frames of a recording, the preface as the first of them.
using Frames = std::vector<Octets>;

Frames record(std::mt19937& random) {
  Nghttp2Peer client({.pads = pick(random, 1) == 0}, random);
  Octets bytes = client.output();
  client.feed(FrameScript().settings().settings_ack().bytes());
  const std::size_t calls = 1 + pick(random, 4);
  for (std::size_t i = 0; i < calls; ++i)
    client.request(random_request(random, 2000));
  for (int i = 0; i < 20; ++i) {
    bytes = std::move(bytes) + client.output();
    client.consume();
    if (pick(random, 9) == 0) client.ping(7);
    if (pick(random, 9) == 0) client.settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 70000}});
    if (pick(random, 19) == 0) client.reset(1, NGHTTP2_CANCEL);
  }
  const std::size_t preface = mote::http2::kPreface.size();
  std::span<const std::uint8_t> rest = std::span(bytes).subspan(preface);
  Frames frames = {Octets(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(preface))};
  for (const RawFrame& frame : take_frames(rest)) {
    FrameScript script;
    script.frame(frame.type, frame.flags, frame.stream, Octets(frame.payload.begin(), frame.payload.end()));
    frames.push_back(script.bytes());
  }
  return frames;
}

std::uint8_t any_byte(std::mt19937& random) {
  return static_cast<std::uint8_t>(pick(random, 255));
}

Octets small_frame(std::mt19937& random) {
  constexpr std::size_t kSizes[] = {3, 0, 5, 4, 6, 4, 8, 8, 4, 0, 2};
  const std::size_t type = pick(random, std::size(kSizes) - 1);
  Octets payload(kSizes[type]);
  for (std::uint8_t& byte : payload)
    byte = pick(random, 2) == 0 ? any_byte(random) : 0;
  const auto stream = static_cast<std::uint32_t>(pick(random, 12));
  const auto flags = static_cast<std::uint8_t>(pick(random, 1) == 0 ? 0 : any_byte(random));
  return FrameScript().frame(static_cast<std::uint8_t>(type), flags, stream, payload).bytes();
}

void mutate(Frames& frames, std::mt19937& random) {
  const std::size_t at = pick(random, frames.size() - 1);
  const auto place = frames.begin() + static_cast<std::ptrdiff_t>(at);
  Octets& frame = frames[at];
  if (frame.empty()) return;
  switch (pick(random, 9)) {
    case 0:
      frame[pick(random, frame.size() - 1)] ^= static_cast<std::uint8_t>(1U << pick(random, 7));
      return;
    case 1:
      frame[pick(random, frame.size() - 1)] = any_byte(random);
      return;
    case 2:
      if (frame.size() > 3) frame[3] = static_cast<std::uint8_t>(pick(random, 10));
      return;
    case 3:
      if (frame.size() > 4) frame[4] = any_byte(random);
      return;
    case 4:
      if (frame.size() > 8) frame[8] = static_cast<std::uint8_t>(pick(random, 12));
      return;
    case 5:
      frames.insert(place, Octets(frame));
      return;
    case 6:
      frames.erase(place);
      return;
    case 7:
      return std::swap(frame, frames[pick(random, frames.size() - 1)]);
    case 8:
      frame.resize(pick(random, frame.size()));
      return;
    default:
      frames.insert(place, small_frame(random));
  }
}

// Fills the last frame up: libnghttp2 and we may judge one that is cut short at different bytes of it.
void complete(Octets& bytes) {
  std::span<const std::uint8_t> rest(bytes);
  rest = rest.subspan(std::min(rest.size(), mote::http2::kPreface.size()));
  take_frames(rest);
  if (rest.size() < mote::http2::kFrameHeaderBytes) return;
  const std::size_t length = std::size_t{rest[0]} << 16U | std::size_t{rest[1]} << 8U | rest[2];
  if (length > mote::http2::kDefaultMaxFrameBytes) return;
  bytes.resize(bytes.size() + mote::http2::kFrameHeaderBytes + length - rest.size());
}

struct Verdict {
  bool over = false;
  std::string why;
};

Verdict ours(const Octets& bytes, std::mt19937& random) {
  ServerEnd server(ConnectionLimits{.streams = 1000,
                                    .header_bytes = 60000,
                                    .header_fields = 1000,
                                    .header_frames = 9,
                                    .header_table_bytes = 4096,
                                    .reset_budget = 1000000,
                                    .idle_frame_budget = 1000000});
  server.start();
  const std::size_t piece = std::size_t{1} << pick(random, 14);
  server.feed_in_pieces(bytes, [&] { return 1 + pick(random, piece); });
  for (const std::string& line : server.sent())
    assert_false(line.starts_with("BAD"));
  Verdict verdict{server.connection.failed(), {}};
  for (const std::string& line : server.events.lines) {
    if (line.starts_with("error")) verdict.why = line.substr(line.find(' ', 6) + 1);
  }
  return verdict;
}

Verdict theirs(const Octets& bytes, std::mt19937& random) {
  Nghttp2Peer server({.server = true}, random);
  server.output();
  server.feed(bytes);
  server.output();
  if (server.error() == 0) return {};
  return {true, server.reason().empty() ? "error " + std::to_string(server.error()) : server.reason()};
}

struct Difference {
  std::string_view ours;    // What we end the connection for; empty: we do not.
  std::string_view theirs;  // The same of libnghttp2.
};

// A peer that sends to a stream which it has ended breaks RFC 9113 5.1, which has it as an error of the stream (DATA, and
// anything on a stream half-closed (remote)) or of the connection (HEADERS on a closed one, 5.1.1 on ids that fall). So do
// we; libnghttp2 has more of it end the connection, and ignores HEADERS on streams that it has forgotten.
constexpr Difference kDifferences[] = {
    {"", "DATA: stream in half-closed(remote)"},
    {"", "DATA: stream closed"},
    {"", "HEADERS: stream closed"},
    {"HEADERS on a closed stream", ""},
    // It does not look into frames that it ignores; RFC 9113 4.2 and 6.1 know no exception.
    {"padding longer than its frame", ""},
    {"frame of a wrong size", ""},
    // It decodes a header block of any size to its end.
    {"header block far above the limits", ""},
    // gRPC's C library does so, and we spare its other calls.
    {"", "RST_STREAM: stream in idle"},
    // An error of the stream (6.9).
    {"", "WINDOW_UPDATE: window_size_increment == 0"},
    // We forgive: an acknowledgement of nothing, a last stream that makes no sense, more than 32 settings in a frame
    // (6.5, 6.8 demand nothing), and settings that other documents define (RFC 8441, RFC 9218: unknown to us, 6.5.2).
    {"", "SETTINGS: unexpected ACK"},
    {"", "GOAWAY: invalid last_stream_id"},
    {"", "SETTINGS: too many setting entries"},
    {"", "SETTINGS: invalid SETTINGS_ENABLE_CONNECT_PROTOCOL"},
    {"", "SETTINGS: invalid SETTINGS_NO_RFC7540_PRIORITIES"},
    {"", "SETTINGS: SETTINGS_NO_RFC7540_PRIORITIES cannot be changed"},
    // A stream error (RFC 7540 5.3.1), unless the stream is idle.
    {"", "request HEADERS: depend on itself"},
    {"", "depend on itself"},
};

bool known(const Verdict& ours, const Verdict& theirs) {
  return std::ranges::any_of(kDifferences, [&](const Difference& difference) {
    return ours.why == difference.ours && theirs.why == difference.theirs;
  });
}

void test_mutated_recordings(void**) {
  std::mt19937 random = seeded_random();
  int both = 0;
  int neither = 0;
  for (int round = 0; round < 2500; ++round) {
    Frames frames = record(random);
    for (std::size_t times = 1 + pick(random, 3); times > 0; --times)
      mutate(frames, random);
    Octets bytes;
    for (const Octets& frame : frames)
      bytes.insert(bytes.end(), frame.begin(), frame.end());
    complete(bytes);
    const Verdict we = ours(bytes, random);
    const Verdict they = theirs(bytes, random);
    both += we.over && they.over;
    neither += !we.over && !they.over;
    if (we.over == they.over || known(we, they)) continue;
    fail_msg("round %d: we \"%s\", libnghttp2 \"%s\"", round, we.why.c_str(), they.why.c_str());
  }
  assert_true(both > 500 && neither > 250);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_mutated_recordings),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
