#include "support/raw_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "support/cmocka_test.h"
#include "support/hpack_feed.h"

namespace mote::test {

namespace {

std::string value_of(const std::vector<std::string>& fields, std::string_view name) {
  const std::string start = std::string(name) + ": ";
  for (const std::string& field : fields) {
    if (field.starts_with(start)) return field.substr(start.size());
  }
  return "none";
}

}  // namespace

std::string Answer::field(std::string_view name) const {
  std::string value = value_of(trailers, name);
  return value == "none" ? value_of(head, name) : value;
}

std::vector<std::string> Answer::messages() const {
  std::vector<std::string> messages;
  std::string_view rest = data;
  while (!rest.empty()) {
    std::size_t size = SIZE_MAX;
    if (rest.size() >= 5) {
      size = 0;
      for (const char byte : rest.substr(1, 4))
        size = size << 8U | static_cast<unsigned char>(byte);
    }
    if (size > rest.size() - 5) {
      messages.emplace_back("CUT SHORT");
      break;
    }
    messages.emplace_back(rest.substr(5, size));
    rest.remove_prefix(5 + size);
  }
  return messages;
}

void RawClient::send(const Octets& bytes) const {
  const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(bytes.size())) fail_msg("the socket accepted %zd of %zu bytes", sent, bytes.size());
}

void RawClient::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void RawClient::shut_down() const {
  ::shutdown(descriptor_, SHUT_WR);
}

std::size_t RawClient::receive(std::size_t most_bytes) {
  std::size_t received = 0;
  while (received < most_bytes) {
    std::array<std::uint8_t, 16384> buffer{};
    const ssize_t size = ::recv(descriptor_, buffer.data(), std::min(buffer.size(), most_bytes - received), 0);
    if (size == 0) end_ = true;
    if (size <= 0) break;
    const std::span<const std::uint8_t> got = std::span(buffer).first(static_cast<std::size_t>(size));
    unread_.insert(unread_.end(), got.begin(), got.end());
    bytes_.append(got.begin(), got.end());
    received += got.size();
  }
  std::span<const std::uint8_t> rest(unread_);
  for (const RawFrame& frame : take_frames(rest))
    take(frame);
  unread_ = Octets(rest.begin(), rest.end());
  return received;
}

void RawClient::take(const RawFrame& frame) {
  const std::string_view fault = fault_of(frame);
  if (!fault.empty()) fail_msg("bad frame: %s", std::string(fault).c_str());
  Answer& answer = answers_[frame.stream];
  switch (http2::FrameType(frame.type)) {
    case http2::FrameType::Data:
      if (answer.head.empty()) fail_msg("DATA before the header block of stream %u", frame.stream);
      if (frame.payload.empty() && (frame.flags & http2::kEndStream) == 0) fail_msg("DATA without bytes");
      answer.data.append(frame.payload.begin(), frame.payload.end());
      break;
    case http2::FrameType::Headers:
    case http2::FrameType::Continuation:
      block_.insert(block_.end(), frame.payload.begin(), frame.payload.end());
      if ((frame.flags & http2::kEndHeaders) != 0) {
        (answer.head.empty() ? answer.head : answer.trailers) = decode(std::exchange(block_, {}));
      }
      break;
    case http2::FrameType::RstStream:
      answer.reset = text_of(frame).substr(text_of(frame).rfind(' ') + 1);
      return;
    default:
      control_.push_back(text_of(frame));
      return;
  }
  if (http2::FrameType(frame.type) == http2::FrameType::Continuation) return;  // It belongs to the HEADERS before it.
  if (answer.ended) fail_msg("a frame after the end of stream %u", frame.stream);
  answer.ended = (frame.flags & http2::kEndStream) != 0;
}

std::vector<std::string> RawClient::decode(const Octets& block) {
  const DecodedBlock decoded = decode_whole(decoder_, block, 65536);
  if (!decoded.accepted) fail_msg("a header block that cannot be decoded");
  std::vector<std::string> lines;
  for (const Field& field : decoded.fields)
    lines.push_back(field.name + ": " + field.value);
  return lines;
}

const Answer& RawClient::answer(http2::StreamId stream) {
  receive();
  return answers_[stream];
}

std::vector<std::string> RawClient::control() {
  receive();
  return std::exchange(control_, {});
}

std::string RawClient::text() {
  receive();
  unread_.clear();
  return std::exchange(bytes_, {});
}

bool RawClient::closed() {
  receive();
  return end_;
}

std::string framed(std::string_view message, char flag) {
  std::string bytes(1, flag);
  for (unsigned shift = 32; shift != 0; shift -= 8)
    bytes.push_back(static_cast<char>(message.size() >> (shift - 8) & 0xffU));
  return bytes.append(message);
}

}  // namespace mote::test
