// The HTTP/2 floor: splits the input into frames by their lengths and answers each frame that ends a stream with fixed bytes. It
// decodes no header block, has no flow control and checks for no errors: the minimum that any HTTP/2 server must do.
//
// The answer is that of the gateway to h2load's request: HEADERS, DATA with "You said: hello", trailers. A request with more DATA than
// this answer gets as much DATA back; it is the only one of its connection at that time.
#include <algorithm>
#include <cstring>

#include "epoll_server.h"

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kFrameHeaderBytes = 9;
constexpr std::size_t kPrefaceBytes = 24;
constexpr std::uint8_t kData = 0;
constexpr std::uint8_t kHeaders = 1;
constexpr std::uint8_t kSettings = 4;
constexpr std::uint8_t kFlag = 1;  // END_STREAM of DATA and HEADERS, ACK of SETTINGS.

// SETTINGS: 1,024 streams, windows of 2^31 - 1; and a WINDOW_UPDATE for the connection, so that the client may send 2 GiB.
constexpr std::array<std::uint8_t, 34> kGreeting = {0, 0, 12, kSettings, 0, 0, 0, 0, 0,                       //
                                                    0, 3, 0,  0,         4, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff,  //
                                                    0, 0, 4,  8,         0, 0, 0, 0, 0,    0x7f, 0xff, 0,    0};
constexpr std::array<std::uint8_t, 9> kSettingsAck = {0, 0, 0, kSettings, kFlag, 0, 0, 0, 0};

// The stream ids replace the zeros at kStreamAt.
constexpr std::array<std::uint8_t, 84> kAnswer = {
    0,    0,    20,   kHeaders, 4,   0,    0,   0,   0,                                                           //
    0x88, 0x0f, 0x10, 16,       'a', 'p',  'p', 'l', 'i', 'c', 'a', 't', 'i', 'o', 'n', '/', 'g', 'r', 'p', 'c',  //
    0,    0,    22,   kData,    0,   0,    0,   0,   0,                                                           //
    0,    0,    0,    0,        17,  0x0a, 15,  'Y', 'o', 'u', ' ', 's', 'a', 'i', 'd', ':', ' ', 'h', 'e', 'l',
    'l',  'o',                                           //
    0,    0,    15,   kHeaders, 5,   0,    0,   0,   0,  //
    0x00, 11,   'g',  'r',      'p', 'c',  '-', 's', 't', 'a', 't', 'u', 's', 1,   '0'};
constexpr std::array<std::size_t, 3> kStreamAt = {5, 34, 65};
constexpr std::size_t kDataAt = 29;
constexpr std::size_t kTrailersAt = 60;
constexpr std::size_t kMostData = std::size_t{2} * 1024 * 1024;
constexpr std::size_t kMostFrame = std::size_t{16} * 1024;

class FrameCounter {
 public:
  Bytes answer(Bytes bytes) {
    filled = 0;
    while (!bytes.empty()) {
      if (skip_ != 0) {
        const std::size_t size = std::min(skip_, bytes.size());
        skip_ -= size;
        bytes = bytes.subspan(size);
      } else if (begun_ == 0 && bytes.size() >= kFrameHeaderBytes) {
        take_header(bytes.first(kFrameHeaderBytes));
        bytes = bytes.subspan(kFrameHeaderBytes);
      } else {
        header_.at(begun_++) = bytes.front();
        bytes = bytes.subspan(1);
        if (begun_ == kFrameHeaderBytes) take_header(header_);
      }
    }
    return {output.data(), filled};
  }

 private:
  void take_header(Bytes header) {
    begun_ = 0;
    skip_ = std::size_t{header[0]} << 16U | std::size_t{header[1]} << 8U | header[2];
    const std::uint8_t type = header[3];
    const bool flag = (header[4] & kFlag) != 0;
    if (type == kData) data_ += skip_;
    if ((type == kData || type == kHeaders) && flag) {
      if (data_ > kTrailersAt - kDataAt) {
        answer_large(&header[5]);
      } else {
        const std::span<std::uint8_t> answer = append(kAnswer);
        for (const std::size_t place : kStreamAt)
          std::memcpy(&answer[place], &header[5], 4);
      }
      data_ = 0;
    } else if (type == kSettings && !flag) {
      append(kGreeting);
      append(kSettingsAck);
    }
  }

  // The payload of DATA is what the output has in its place.
  void answer_large(const std::uint8_t* stream) {
    const auto append_of_stream = [stream](Bytes frame) { std::memcpy(&append(frame)[kStreamAt[0]], stream, 4); };
    append_of_stream(Bytes(kAnswer).first(kDataAt));
    for (std::size_t left = std::min(data_, kMostData); left != 0;) {
      const std::size_t size = std::min(left, kMostFrame);
      const std::array<std::uint8_t, kFrameHeaderBytes> header = {
          0, static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size), kData, 0, 0, 0, 0, 0};
      append_of_stream(header);
      filled += size;
      left -= size;
    }
    append_of_stream(Bytes(kAnswer).subspan(kTrailersAt));
  }

  static std::span<std::uint8_t> append(Bytes bytes) {
    const std::span<std::uint8_t> place = std::span(output).subspan(filled, bytes.size());
    std::memcpy(place.data(), bytes.data(), bytes.size());
    filled += bytes.size();
    return place;
  }

  // The most that one receive can contain: frames of 9 bytes each, all answered; or the end of a large request.
  static constexpr std::size_t kMostAnswers = (mote::bench::kBufferBytes / kFrameHeaderBytes + 1) * kAnswer.size();
  static constexpr std::size_t kMostFrames = kMostData / kMostFrame;
  static inline std::array<std::uint8_t, kMostAnswers + kMostData + kMostFrames * kFrameHeaderBytes> output{};
  static inline std::size_t filled = 0;

  std::size_t skip_ = kPrefaceBytes;  // Rest of the preface or of a payload.
  std::size_t data_ = 0;              // Of the requests that have not ended.
  std::array<std::uint8_t, kFrameHeaderBytes> header_{};
  std::uint8_t begun_ = 0;  // Bytes of an incomplete frame header.
};

}  // namespace

int main(int argc, char** argv) {
  return mote::bench::serve<FrameCounter>(argc, argv);
}
