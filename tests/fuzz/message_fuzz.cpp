// Any bytes as a message of each type: the decoder stays in the pieces, the cuts between them change nothing, and what it accepts
// can be encoded, to the size that is announced, and read again as the same message.
//
// Input: u8 type of the message, u8 size of its pieces (0: one piece), the message.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "echo.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "lists.pb.h"
#include "mote/list.h"
#include "mote/message.h"
#include "unit/codec/pieces.h"

namespace {

using namespace mote;
using Octets = std::vector<std::uint8_t>;

void check(bool holds) {
  if (!holds) std::abort();
}

std::string_view reason_of(const codec::DecodeResult& result) {
  return result.ok() ? std::string_view() : result.reason;
}

// Every byte of each element is read. The list says how many there are; an element that is no message is an error of that one.
void read_elements(mote_list rest) {
  std::uint32_t count = rest.count;
  for (mote_bytes element{}; mote_list_take(&rest, &element); --count) {
    check(count != 0);
    Octets copy(mote_bytes_size(&element));
    check(mote_bytes_copy(&element, reinterpret_cast<char*>(copy.data()), copy.size()) == copy.size());
    lists_Item item{};
    (void)codec::decode(element, item);
  }
  check(count == 0 && rest.count == 0);
}

template <class Message>
void read_lists(const Message& /*message*/) {
}

void read_lists(const lists_Lists& message) {
  read_elements(message.items);
  read_elements(message.texts);
  read_elements(message.blobs);
}

void read_lists(const lists_Outer& message) {
  read_lists(message.inner);
}

void read_lists(const lists_Choice& message) {
  if (message.which_choice == lists_Choice_lists_tag) read_lists(message.choice.lists);
}

template <class Message>
Octets encode(const Message& message) {
  const codec::EncodeResult size = codec::encoded_size(message);
  check(size.ok());
  Octets bytes(size.size);
  const codec::EncodeResult encoded = codec::encode_to(MutableBytes(bytes.data(), bytes.size()), message);
  check(encoded.ok() && encoded.size == bytes.size());
  if (bytes.empty()) return bytes;
  Octets short_by_one(bytes.size() - 1);
  check(codec::encode_to(MutableBytes(short_by_one.data(), short_by_one.size()), message).status ==
        codec::EncodeStatus::NoRoom);
  return bytes;
}

template <class Message>
void try_message(std::string_view bytes, std::size_t piece_bytes) {
  const codec::Pieces whole(bytes);
  Message message{};
  const codec::DecodeResult decoded = codec::decode(whole.list(), whole.size(), message);

  const codec::Pieces pieces = piece_bytes == 0 ? codec::Pieces(bytes) : codec::Pieces::of_size(bytes, piece_bytes);
  Message cut{};
  check(reason_of(codec::decode(pieces.list(), pieces.size(), cut)) == reason_of(decoded));
  if (!decoded.ok()) return;
  read_lists(message);
  read_lists(cut);
  const Octets first = encode(message);
  check(encode(cut) == first);

  const codec::Pieces again(std::string_view(reinterpret_cast<const char*>(first.data()), first.size()));
  Message second{};
  check(codec::decode(again.list(), again.size(), second).ok());
  check(encode(second) == first);
}

constexpr std::array kTypes = {
    try_message<echo_EchoRequest>,
    try_message<echo_EchoReply>,
    try_message<grpc_health_v1_HealthCheckRequest>,
    try_message<grpc_health_v1_HealthCheckResponse>,
    try_message<lists_Lists>,
    try_message<lists_Outer>,
    try_message<lists_Choice>,
    try_message<lists_Numbers>,
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  kTypes[data[0] % kTypes.size()](bytes, data[1]);
  return 0;
}
