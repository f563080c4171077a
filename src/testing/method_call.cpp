#include "mote/testing/method_call.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "testing/fail_test.h"

namespace mote::testing {

MethodCall::~MethodCall() {
  if (opened) rpc::close(call, method);
}

void MethodCall::open() {
  opened = true;
  rpc::open(call, method);
}

void MethodCall::message(std::string_view encoded) {
  const std::vector<std::uint8_t> bytes(encoded.begin(), encoded.end());
  const mote_piece piece{nullptr, bytes.data(), bytes.size()};
  rpc::receive_message(call, method, &piece, bytes.size());
}

void MethodCall::request(const pb_msgdesc_t* fields, const void* message) {
  std::vector<std::uint8_t> buffer(codec::encoded_size(fields, message).size);
  const codec::EncodeResult encoded = codec::encode_to(buffer, fields, message);
  if (!encoded.ok()) fail_test(encoded.reason == nullptr ? "the request cannot be encoded" : encoded.reason);
  this->message(as_text(buffer));
}

bool MethodCall::sleep() {
  if (!call.wakes) return false;
  call.clock = std::max(call.clock, *std::exchange(call.wakes, std::nullopt));
  ready();
  return true;
}

}  // namespace mote::testing
