// Any bytes of a client, with an owner that does everything that an owner may do. connection_owner.h describes the input.
#include "fuzz/connection_owner.h"
#include "fuzz/frame_mutator.h"

namespace {

constexpr std::string_view kGreeting("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
constexpr std::string_view kAcknowledgement("\0\0\0\4\1\0\0\0\0", 9);

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mote::fuzz::run_connection({data, size}, mote::as_bytes(kGreeting), mote::as_bytes(kAcknowledgement));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return mote::fuzz::mutate_frames(data, size, max_size, seed);
}
