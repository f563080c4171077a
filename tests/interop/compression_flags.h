// Whether messages of the gRPC C++ library were compressed. The library makes these classes its friends, and exports the two
// functions for tests, but installs no header for them.
#pragma once

#include <grpcpp/grpcpp.h>

std::uint32_t grpc_call_test_only_get_message_flags(grpc_call* call);
grpc_compression_algorithm grpc_call_test_only_get_compression_algorithm(grpc_call* call);

namespace grpc::testing {

// GRPC_WRITE_INTERNAL_TEST_ONLY_WAS_COMPRESSED of the library.
inline constexpr std::uint32_t kWasCompressed = 0x40000000;

class InteropClientContextInspector {
 public:
  explicit InteropClientContextInspector(const ClientContext& context) : call_(context.call_) {}

  // The last message that was received.
  [[nodiscard]] bool was_compressed() const {
    return (grpc_call_test_only_get_message_flags(call_) & kWasCompressed) != 0;
  }
  [[nodiscard]] grpc_compression_algorithm algorithm() const {
    return grpc_call_test_only_get_compression_algorithm(call_);
  }

 private:
  grpc_call* call_;
};

class InteropServerContextInspector {
 public:
  explicit InteropServerContextInspector(const ServerContextBase& context) : call_(context.call_.call) {}

  // The last message that was received.
  [[nodiscard]] bool was_compressed() const {
    return (grpc_call_test_only_get_message_flags(call_) & kWasCompressed) != 0;
  }

 private:
  grpc_call* call_;
};

}  // namespace grpc::testing
