// Messages for the tests of the codec, and their bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "echo.pb.h"
#include "mote/message.h"

namespace mote::codec {

// The bytes of a message, or if it cannot be encoded, a text that no test expects.
template <class Message>
std::string encoded(const Message& message) {
  std::string bytes(encoded_size(message).size, '\0');
  const MutableBytes buffer(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size());
  const EncodeResult result = encode_to(buffer, message);
  return result.ok() && result.size == bytes.size() ? bytes : "not encoded";
}

// Every field set; `text` must outlive it.
inline echo_EchoReply full_reply(std::string_view text) {
  echo_EchoReply reply{};
  reply.message = field_of(text);
  reply.number = 300;
  reply.has_timing = true;
  reply.timing = {.received_us = 1'700'000'000'000'000, .sent_us = 1'700'000'000'000'150};
  return reply;
}

}  // namespace mote::codec
