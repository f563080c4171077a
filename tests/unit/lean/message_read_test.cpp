#include "engine/lean/message_read.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "bytes/byte_reader.h"
#include "support/block_memory.h"
#include "support/cmocka_test.h"
#include "support/frame_script.h"
#include "support/seed.h"

namespace {

using namespace mote;
using namespace mote::test;
using lean::BlockQueue;
using lean::MessageRead;

constexpr std::uint32_t kStream = 5;

struct Place {
  explicit Place(std::size_t buffer_bytes, std::size_t kept = 0, bool small = false)
      : memory(64), buffer(buffer_bytes, 0xee) {
    const Octets before(kept, 0xbb);
    assert_true(queue.reserve(memory.share, kept + 200'000, small));
    assert_true(queue.append(memory.share, before));
    queue_size = kept;
  }
  ~Place() { queue.clear(memory.share); }

  void begin(const http2::FrameHeader& at_hand, std::size_t left, std::size_t message) {
    read.emplace(at_hand, left, queue.reserved_room(), message, buffer);
  }
  [[nodiscard]] std::size_t room() const {
    std::size_t bytes = 0;
    for (const MutableBytes part : read->parts())
      bytes += part.size();
    return bytes;
  }
  // As the kernel does it.
  void put(const Octets& bytes) {
    ByteReader in(bytes);
    for (const MutableBytes part : read->parts()) {
      assert_int_not_equal(part.size(), 0);
      const Bytes piece = in.take(part.size());
      std::copy(piece.begin(), piece.end(), part.begin());
    }
    assert_true(in.empty());
    behind = read->take(bytes.size());
  }
  // What was read, in its order.
  Octets all() {
    std::size_t in_room = 0;
    for (const MessageRead::Frame& frame : read->frames())
      in_room += frame.bytes;
    queue.commit(in_room);
    Octets content(in_room);
    queue.copy(queue_size, content);
    Octets result;
    std::size_t at = 0;
    for (const MessageRead::Frame& frame : read->frames()) {
      result.insert(result.end(), frame.header.begin(), frame.header.end());
      result.insert(result.end(), content.begin() + static_cast<std::ptrdiff_t>(at),
                    content.begin() + static_cast<std::ptrdiff_t>(at + frame.bytes));
      at += frame.bytes;
    }
    result.insert(result.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(behind));
    return result;
  }

  BlockMemory memory;
  BlockQueue queue;
  std::size_t queue_size = 0;
  Octets buffer;
  std::optional<MessageRead> read;
  std::size_t behind = 0;
};

http2::FrameHeader data_frame(std::uint32_t length, std::uint8_t flags = 0) {
  return {length, http2::FrameType::Data, flags, kStream};
}

// Different everywhere.
Octets payload(std::size_t bytes, std::size_t from = 0) {
  Octets all(bytes);
  for (std::size_t i = 0; i < bytes; ++i)
    all[i] = static_cast<std::uint8_t>((i + from) * 7 + (i + from) / 251);
  return all;
}

Octets head(std::size_t length, http2::FrameType type = http2::FrameType::Data, std::uint8_t flags = 0,
            std::uint32_t stream = kStream) {
  return FrameScript().frame_head(static_cast<std::uint32_t>(length), type, flags, stream).bytes();
}

void test_frames_of_one_size_go_to_the_room(void**) {
  Place place(32'768);
  place.begin(data_frame(10'000), 4000, 100'000);
  const Octets bytes =
      payload(4000) + head(10'000) + payload(10'000, 1) + head(10'000) + payload(10'000, 2) + head(3) + payload(3, 3);
  place.put(bytes);
  assert_int_equal(place.read->frames().size(), 3);
  assert_int_equal(place.behind, 9 + 3);
  assert_true(place.all() == bytes);
}

void test_between_frames(void**) {
  Place place(32'768);
  place.begin(data_frame(10'000), 0, 100'000);
  const Octets bytes = head(10'000) + payload(10'000, 1) + head(10'000) + payload(10'000, 2) + head(3) + payload(3, 3);
  place.put(bytes);
  assert_int_equal(place.read->frames().size(), 3);
  assert_int_equal(place.behind, 9 + 3);
  assert_true(place.all() == bytes);
}

// The room ends in front of the last byte of the message: what completes it comes with the buffer.
void test_the_end_of_the_message_goes_to_the_buffer(void**) {
  for (const std::uint8_t flags : {std::uint8_t{0}, http2::kEndStream}) {
    Place place(32'768);
    place.begin(data_frame(10'000), 4000, 9000);
    const Octets bytes = payload(4000) + head(5001, http2::FrameType::Data, flags) + payload(5001, 1);
    place.put(bytes);
    assert_int_equal(place.read->frames().size(), 2);
    assert_int_equal(place.read->frames()[1].bytes, 5000);
    assert_int_equal(place.behind, 1);
    assert_true(place.all() == bytes);
  }
}

void test_the_end_of_the_stream_goes_to_the_buffer(void**) {
  {
    Place place(32'768);
    place.begin(data_frame(10'000, http2::kEndStream), 4000, 50'000);
    place.put(payload(4000));
    assert_int_equal(place.read->frames()[0].bytes, 3999);
    assert_int_equal(place.behind, 1);
    assert_true(place.all() == payload(4000));
  }
  Place place(32'768);
  place.begin(data_frame(10'000), 4000, 50'000);
  const Octets bytes = payload(4000) + head(10'000, http2::FrameType::Data, http2::kEndStream) + payload(10'000, 1);
  place.put(bytes);
  assert_int_equal(place.read->frames().size(), 1);
  assert_int_equal(place.behind, 9 + 10'000);
  assert_true(place.all() == bytes);
}

// Of the first and of the last frame that there is room for.
void test_other_frames_go_to_the_buffer(void**) {
  using http2::FrameType;
  for (const Octets& other : {head(10'000, FrameType::Headers), head(10'000, FrameType::Data, http2::kPadded),
                              head(10'000, FrameType::Data, 0, kStream + 2), head(9999)}) {
    for (const bool last : {false, true}) {
      Place place(32'768);
      place.begin(data_frame(10'000), 4000, 100'000);
      Octets bytes = payload(4000);
      if (last) bytes = bytes + head(10'000) + payload(10'000, 1);
      bytes = bytes + other + payload(12'000, 2);
      place.put(bytes);
      assert_int_equal(place.read->frames().size(), last ? 2 : 1);
      assert_int_equal(place.behind, 9 + 12'000);
      assert_true(place.all() == bytes);
    }
  }
}

// A longer frame fits only where none follows it.
void test_a_longer_frame(void**) {
  for (const bool last : {false, true}) {
    Place place(32'768);
    place.begin(data_frame(10'000), 4000, 100'000);
    Octets bytes = payload(4000);
    if (last) bytes = bytes + head(10'000) + payload(10'000, 1);
    bytes = bytes + head(10'001) + payload(10'001, 2);
    place.put(bytes);
    assert_int_equal(place.read->frames().size(), last ? 3 : 1);
    assert_int_equal(place.behind, last ? 1 : 9 + 10'001);
    assert_true(place.all() == bytes);
  }
}

// Each number of bytes that one read can return.
void test_a_read_may_end_anywhere(void**) {
  Octets bytes = payload(400);
  for (int i = 0; i < 4; ++i)
    bytes = bytes + head(1000) + payload(1000, 1);
  for (std::size_t size = 1; size <= 400 + 2 * 1009 + 500; ++size) {
    Place place(20'480);
    place.begin(data_frame(1000), 400, 100'000);
    const Octets part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    place.put(part);
    const std::size_t headers = size <= 409 ? 1 : size <= 400 + 1009 + 9 ? 2 : 3;
    assert_int_equal(place.read->frames().size(), headers);
    assert_true(place.all() == part);
  }
}

// The frames of a read, of which `left` bytes of the one at hand were to come.
void expect_expected_frames(const MessageRead& read, std::size_t left, std::uint8_t flags) {
  const std::span<const MessageRead::Frame> frames = read.frames();
  if (frames.empty()) return;
  assert_true(frames[0].header.empty());
  assert_true(frames[0].bytes < left || (frames[0].bytes == left && flags == 0));
  for (std::size_t i = 1; i < frames.size(); ++i) {
    ByteReader in(frames[i].header);
    const http2::FrameHeader header = http2::read_frame_header(in);
    assert_true(header.type == http2::FrameType::Data && header.stream == kStream && !has(header, http2::kPadded));
    const bool whole = frames[i].bytes == header.length;
    assert_true(whole ? !has(header, http2::kEndStream) : frames[i].bytes < header.length && i + 1 == frames.size());
  }
}

// Frames of any kind, of which most are of one length.
Octets random_frames(std::mt19937& random, std::size_t length, std::size_t bytes) {
  Octets all;
  while (all.size() < bytes) {
    const auto chance = [&](std::size_t one_in) { return pick(random, one_in - 1) == 0; };
    const std::size_t next = chance(4) ? pick(random, 16'384) : length;
    const auto type = chance(8) ? http2::FrameType::Ping : http2::FrameType::Data;
    const auto flags = static_cast<std::uint8_t>(chance(8) ? pick(random, 15) : 0);
    all = all + head(next, type, flags, chance(8) ? 7 : kStream) + payload(next, pick(random, 9));
  }
  return all;
}

// Whatever frames come, what was read is the frames that are as expected, and behind them the buffer.
void test_random_frames(void**) {
  std::mt19937 random = seeded_random();
  const auto chance = [&](std::size_t one_in) { return pick(random, one_in - 1) == 0; };
  for (int round = 0; round < 3000; ++round) {
    const std::size_t length = chance(50) ? 0 : 1 + pick(random, 16'383);
    const std::size_t left = length == 0 || chance(4) ? 0 : 1 + pick(random, length - 1);
    const std::uint8_t flags = left != 0 && chance(4) ? http2::kEndStream : std::uint8_t{0};
    const std::size_t message = 1 + pick(random, chance(2) ? 60'000 : 3000);
    Place place(20'480 + pick(random, 20'000), pick(random, 9000), chance(2));
    place.begin(data_frame(static_cast<std::uint32_t>(length), flags), left, message);
    Octets bytes = payload(left, pick(random, 9)) + random_frames(random, length, place.room());
    bytes.resize(1 + pick(random, place.room() - 1));
    place.put(bytes);
    assert_true(place.behind <= place.buffer.size());
    expect_expected_frames(*place.read, left, flags);
    std::size_t in_room = 0;
    for (const MessageRead::Frame& frame : place.read->frames())
      in_room += frame.bytes;
    assert_true(in_room <= message);
    assert_true(place.all() == bytes);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_frames_of_one_size_go_to_the_room),
      cmocka_unit_test(test_between_frames),
      cmocka_unit_test(test_the_end_of_the_message_goes_to_the_buffer),
      cmocka_unit_test(test_the_end_of_the_stream_goes_to_the_buffer),
      cmocka_unit_test(test_other_frames_go_to_the_buffer),
      cmocka_unit_test(test_a_longer_frame),
      cmocka_unit_test(test_a_read_may_end_anywhere),
      cmocka_unit_test(test_random_frames),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
