#include "rpc/status.h"

namespace mote::rpc {

namespace {

constexpr std::size_t kLongestCharacter = 4;

// 10xxxxxx: not the first byte of its character (RFC 3629 section 3).
bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80;
}

}  // namespace

std::string_view sent_message(std::string_view message) {
  if (message.size() <= kStatusMessageBytes) return message;
  std::size_t size = kStatusMessageBytes;
  while (size > kStatusMessageBytes - kLongestCharacter && continues(message[size]))
    --size;
  return message.substr(0, size);
}

}  // namespace mote::rpc
