#include "interop/test_service.h"

#include <algorithm>
#include <array>
#include <optional>

#include "interop.mote.h"
#include "mote/rpc/queue.h"

namespace mote::interop {
namespace {

using Empty = grpc_testing_Empty;
using Payload = grpc_testing_Payload;
using Parameters = grpc_testing_ResponseParameters;
using OutputRequest = grpc_testing_StreamingOutputCallRequest;

constexpr rpc::Status kNotAsExpected = {rpc::StatusCode::InvalidArgument, "the request is not compressed as expected"};
constexpr rpc::Status kUnknownType = {rpc::StatusCode::InvalidArgument, "unknown response_type"};

rpc::Status refuse_size(rpc::Call& call, std::int32_t size) {
  return call.fail(rpc::StatusCode::InvalidArgument, "a payload of ", size, " bytes");
}

// Of the message that was just received.
bool compressed_as_expected(const rpc::Call& call, bool expects, const grpc_testing_BoolValue& compressed) {
  return !expects || compressed.value == call.message_compressed();
}

// Any number of zeros without memory for them: a circular list of pieces.
constexpr std::array<std::uint8_t, 4096> kZeroBytes{};
constinit const mote_piece kZeros = {&kZeros, kZeroBytes.data(), kZeroBytes.size()};

Payload zeros(std::int32_t size) {
  Payload payload{};
  payload.body = {nullptr, &kZeros, 0, 0, static_cast<std::size_t>(size)};
  return payload;
}

// Returns false if no memory is left; then the call has been finished.
bool echo_metadata(rpc::Call& call) {
  constexpr std::string_view kInitial = "x-grpc-test-echo-initial";
  constexpr std::string_view kTrailing = "x-grpc-test-echo-trailing-bin";
  const std::optional<std::string_view> initial = call.metadata().find(kInitial);
  const std::optional<std::string_view> trailing = call.metadata().find(kTrailing);
  return (!initial || call.add_initial_metadata(kInitial, *initial)) &&
         (!trailing || call.add_trailing_metadata(kTrailing, *trailing));
}

// The requested responses of a call that wait for their time, for the peer or for the last request.
class Responses {
 public:
  // A request with a status ends the call after the responses requested before. Later requests are ignored.
  void take(rpc::Call& call, const OutputRequest& request) {
    if (last_status_) return;
    if (request.has_response_status) return end_with(call, request.response_status);
    if (request.response_type != grpc_testing_PayloadType_COMPRESSABLE) return call.finish(kUnknownType);
    for (const Parameters& wanted : request.response_parameters) {
      if (wanted.size < 0) {
        refuse_size(call, wanted.size);
        return;
      }
      if (!wanted_.push(call, wanted)) return;
    }
  }

  // No more requests follow.
  void end() {
    if (!last_status_) last_status_ = rpc::StatusCode::Ok;
  }

  // Sends the responses that are due, then arranges to be called again.
  void serve(rpc::Call& call) {
    while (!call.finished()) {
      if (!next_) fetch(call);
      if (!next_) {
        if (last_status_) call.finish(*last_status_, last_message_);
        return;
      }
      if (call.congested()) return;
      if (due_ > call.now()) return call.wake_at(due_);
      call.compress_replies(!next_->has_compressed || next_->compressed.value);
      call.send(grpc_testing_StreamingOutputCallResponse{true, zeros(next_->size)});
      next_.reset();
    }
  }

 private:
  // The pause before a response begins when the previous response is sent, or when the response is requested.
  void fetch(rpc::Call& call) {
    next_ = wanted_.pop(call);
    if (next_) due_ = call.now() + rpc::Time(std::max(next_->interval_us, 0));
  }

  void end_with(rpc::Call& call, const grpc_testing_EchoStatus& status) {
    const std::optional<mote_bytes> message = call.keep(status.message);
    if (!message) return;
    last_status_ = rpc::status_code(status.code);
    last_message_ = *message;
  }

  rpc::Queue<Parameters> wanted_;
  std::optional<Parameters> next_;
  rpc::Time due_{};
  std::optional<rpc::StatusCode> last_status_;
  mote_bytes last_message_{};
};

class TestService : public ::grpc::testing::TestServiceService<TestService> {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the name of the method
  static Status EmptyCall(Call& call, const Empty&, Empty&) {
    echo_metadata(call);
    return {};
  }

  // NOLINTNEXTLINE(readability-identifier-naming): the name of the method
  static Status UnaryCall(Call& call, const grpc_testing_SimpleRequest& request,
                          grpc_testing_SimpleResponse& response) {
    if (!echo_metadata(call)) return {};
    if (!compressed_as_expected(call, request.has_expect_compressed, request.expect_compressed)) return kNotAsExpected;
    if (request.has_response_status && request.response_status.code != 0) {
      call.finish(rpc::status_code(request.response_status.code), request.response_status.message);
      return {};
    }
    if (request.response_type != grpc_testing_PayloadType_COMPRESSABLE) return kUnknownType;
    if (request.response_size < 0) return refuse_size(call, request.response_size);
    call.compress_replies(!request.has_response_compressed || request.response_compressed.value);
    response.has_payload = true;
    response.payload = zeros(request.response_size);
    return {};
  }

  // NOLINTNEXTLINE(readability-identifier-naming): the name of the method
  static Status UnimplementedCall(Call&, const Empty&, Empty&) { return {Unimplemented, "not implemented"}; }

  struct StreamingOutputCall : StreamingOutputCallCall {
    void on_open() { echo_metadata(call()); }
    void on_message(const OutputRequest& request) {
      responses_.take(call(), request);
      responses_.end();
      responses_.serve(call());
    }
    void on_ready() { responses_.serve(call()); }

   private:
    Responses responses_;
  };

  struct StreamingInputCall : StreamingInputCallCall {
    void on_open() { echo_metadata(call()); }
    void on_message(const grpc_testing_StreamingInputCallRequest& request) {
      if (!compressed_as_expected(call(), request.has_expect_compressed, request.expect_compressed))
        return fail(kNotAsExpected);
      bytes_ += mote_bytes_size(&request.payload.body);
    }
    void on_half_close() {
      if (bytes_ > INT32_MAX) return fail(OutOfRange, "more bytes than the response can represent");
      finish({.aggregated_payload_size = static_cast<std::int32_t>(bytes_)});
    }

   private:
    std::uint64_t bytes_ = 0;
  };

  struct FullDuplexCall : FullDuplexCallCall {
    void on_open() { echo_metadata(call()); }
    void on_message(const OutputRequest& request) {
      responses_.take(call(), request);
      responses_.serve(call());
    }
    void on_half_close() {
      responses_.end();
      responses_.serve(call());
    }
    void on_ready() { responses_.serve(call()); }

   private:
    Responses responses_;
  };

  // Responds after the client has sent all requests.
  struct HalfDuplexCall : HalfDuplexCallCall {
    void on_open() { echo_metadata(call()); }
    void on_message(const OutputRequest& request) { responses_.take(call(), request); }
    void on_half_close() {
      received_all_ = true;
      responses_.end();
      responses_.serve(call());
    }
    void on_ready() {
      if (received_all_) responses_.serve(call());
    }

   private:
    Responses responses_;
    bool received_all_ = false;
  };
};

}  // namespace

rpc::Service test_service() {
  static TestService service;
  return service.rpc_service();
}

}  // namespace mote::interop
