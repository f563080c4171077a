// The HTTP/2 floors: split the input into frames by their lengths and answer each frame that ends a stream with fixed bytes. They
// decode no header block, have no flow control and check for no errors: the minimum that any HTTP/2 server must do.
//
// The answer is that of the gateway to h2load's request: HEADERS, DATA with "You said: hello", trailers. A request with more DATA than
// this answer gets as much DATA back; it is the only one of its connection at that time.
//
// FrameCounter overwrites what it has read with what it reads next, and answers from memory that all connections share. FrameKeeper
// keeps a request until its end, as each server must that decodes messages, and answers from the same memory. Neither copies a request.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>

#include "epoll_server.h"

namespace mote::bench {

using Bytes = std::span<const std::uint8_t>;

inline constexpr std::size_t kFrameHeaderBytes = 9;
inline constexpr std::size_t kPrefaceBytes = 24;
inline constexpr std::uint8_t kData = 0;
inline constexpr std::uint8_t kHeaders = 1;
inline constexpr std::uint8_t kSettings = 4;
inline constexpr std::uint8_t kFlag = 1;  // END_STREAM of DATA and HEADERS, ACK of SETTINGS.

// SETTINGS: 1,024 streams, windows of 2^31 - 1; and a WINDOW_UPDATE for the connection, so that the client may send 2 GiB.
inline constexpr std::array<std::uint8_t, 34> kGreeting = {0, 0, 12, kSettings, 0, 0, 0, 0, 0,                       //
                                                           0, 3, 0,  0,         4, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff,  //
                                                           0, 0, 4,  8,         0, 0, 0, 0, 0,    0x7f, 0xff, 0,    0};
inline constexpr std::array<std::uint8_t, 9> kSettingsAck = {0, 0, 0, kSettings, kFlag, 0, 0, 0, 0};

// The stream ids replace the zeros at kStreamAt.
inline constexpr std::array<std::uint8_t, 84> kAnswer = {
    0,    0,    20,   kHeaders, 4,   0,    0,   0,   0,                                                           //
    0x88, 0x0f, 0x10, 16,       'a', 'p',  'p', 'l', 'i', 'c', 'a', 't', 'i', 'o', 'n', '/', 'g', 'r', 'p', 'c',  //
    0,    0,    22,   kData,    0,   0,    0,   0,   0,                                                           //
    0,    0,    0,    0,        17,  0x0a, 15,  'Y', 'o', 'u', ' ', 's', 'a', 'i', 'd', ':', ' ', 'h', 'e', 'l',
    'l',  'o',                                           //
    0,    0,    15,   kHeaders, 5,   0,    0,   0,   0,  //
    0x00, 11,   'g',  'r',      'p', 'c',  '-', 's', 't', 'a', 't', 'u', 's', 1,   '0'};
inline constexpr std::array<std::size_t, 3> kStreamAt = {5, 34, 65};
inline constexpr std::size_t kDataAt = 29;
inline constexpr std::size_t kTrailersAt = 60;
inline constexpr std::size_t kMostData = std::size_t{2} * 1024 * 1024;
inline constexpr std::size_t kMostFrame = std::size_t{16} * 1024;

class FrameCounter {
 public:
  FrameCounter() : FrameCounter(shared_output) {}

  Bytes answer(Bytes bytes) {
    begin_ = 0;
    end_ = 0;
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
    return output_.subspan(begin_, end_ - begin_);
  }

 protected:
  // The most that one receive can contain: frames of 9 bytes each, all answered; or the end of a large request, behind that.
  static constexpr std::size_t kLargeAt = (kBufferBytes / kFrameHeaderBytes + 1) * kAnswer.size();
  static constexpr std::size_t kOutputBytes =
      kLargeAt + kMostData + kMostData / kMostFrame * kFrameHeaderBytes + kBufferBytes;

  explicit FrameCounter(std::span<std::uint8_t> output) : output_(output) {}

  // No part of a large request has come, or it has been answered.
  [[nodiscard]] bool between_large() const { return data_ == 0; }

 private:
  void take_header(Bytes header) {
    begun_ = 0;
    skip_ = std::size_t{header[0]} << 16U | std::size_t{header[1]} << 8U | header[2];
    const std::uint8_t type = header[3];
    const bool flag = (header[4] & kFlag) != 0;
    std::array<std::uint8_t, 4> stream{};  // A copy: the answer may overwrite the header.
    std::memcpy(stream.data(), &header[5], stream.size());
    if (type == kData) data_ += skip_;
    if ((type == kData || type == kHeaders) && flag) {
      if (data_ > kTrailersAt - kDataAt) {
        answer_large(stream);
      } else {
        const std::span<std::uint8_t> answer = append(kAnswer);
        for (const std::size_t place : kStreamAt)
          std::memcpy(&answer[place], stream.data(), stream.size());
      }
      data_ = 0;
    } else if (type == kSettings && !flag) {
      append(kGreeting);
      append(kSettingsAck);
    }
  }

  // The payload of DATA is what the output has in its place.
  void answer_large(Bytes stream) {
    if (end_ == 0) begin_ = end_ = kLargeAt;
    const auto append_of_stream = [&](Bytes frame) {
      std::memcpy(&append(frame)[kStreamAt[0]], stream.data(), stream.size());
    };
    append_of_stream(Bytes(kAnswer).first(kDataAt));
    for (std::size_t left = std::min(data_, kMostData); left != 0;) {
      const std::size_t size = std::min(left, kMostFrame);
      const std::array<std::uint8_t, kFrameHeaderBytes> header = {
          0, static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size), kData, 0, 0, 0, 0, 0};
      append_of_stream(header);
      end_ += size;
      left -= size;
    }
    append_of_stream(Bytes(kAnswer).subspan(kTrailersAt));
  }

  std::span<std::uint8_t> append(Bytes bytes) {
    const std::span<std::uint8_t> place = output_.subspan(end_, bytes.size());
    std::memcpy(place.data(), bytes.data(), bytes.size());
    end_ += bytes.size();
    return place;
  }

  static inline std::array<std::uint8_t, kOutputBytes> shared_output{};

  std::span<std::uint8_t> output_;
  std::size_t begin_ = 0;  // Of the answer in output_.
  std::size_t end_ = 0;
  std::size_t skip_ = kPrefaceBytes;  // Rest of the preface or of a payload.
  std::size_t data_ = 0;              // Of the requests that have not ended.
  std::array<std::uint8_t, kFrameHeaderBytes> header_{};
  std::uint8_t begun_ = 0;  // Bytes of an incomplete frame header.
};

class FrameKeeper : public FrameCounter {
 public:
  FrameKeeper() : FrameKeeper(std::make_unique_for_overwrite<std::uint8_t[]>(kOutputBytes)) {}

  // Behind what is kept.
  std::span<std::uint8_t> room() {
    const std::size_t kept = std::min(kept_, kOutputBytes - kLargeAt - kBufferBytes);
    return std::span(memory_.get(), kOutputBytes).subspan(kLargeAt + kept, kBufferBytes);
  }
  Bytes answer(Bytes bytes) {
    const Bytes answer = FrameCounter::answer(bytes);
    kept_ = between_large() ? 0 : kept_ + bytes.size();
    return answer;
  }

 private:
  explicit FrameKeeper(std::unique_ptr<std::uint8_t[]> memory)
      : FrameCounter({memory.get(), kOutputBytes}), memory_(std::move(memory)) {}

  std::unique_ptr<std::uint8_t[]> memory_;
  std::size_t kept_ = 0;  // Bytes.
};

}  // namespace mote::bench
