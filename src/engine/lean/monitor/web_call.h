// One gRPC-Web call (PROTOCOL-WEB.md of gRPC): unary or server streaming, over HTTP/1.1. The request is one message and is there as a
// whole. Replies wait in blocks of the pool until the socket takes them; the trailers are the last frame of the content.
#pragma once

#include <optional>
#include <string_view>

#include "engine/lean/block_pool.h"
#include "engine/lean/core.h"
#include "engine/lean/web_content.h"
#include "mote/rpc/method.h"

namespace mote::lean {

// What the head of the request says.
struct WebRequest {
  const rpc::Method* method = nullptr;
  std::string_view timeout;                            // grpc-timeout; empty: none.
  std::string_view fields;                             // The lines of the head.
  grpc_web::Format format = grpc_web::Format::Binary;  // Of the content in both directions.
};

class WebCall final : public rpc::Call {
 public:
  // `timer` is armed for wake_at(); its owner then calls go_on().
  WebCall(Core& core, Timer& timer, const WebRequest& request);
  // Ends the handler, if there is one, and releases every block.
  ~WebCall();

  // Runs the handler. `content` is that of the request; base64 is decoded in place.
  void start(const WebRequest& request, MutableBytes content);
  // The time of next_due() has come, or the peer has taken all replies.
  void go_on();
  // A deadline, or the time of wake_at().
  [[nodiscard]] Time next_due() const { return wake_ < deadline_ ? wake_ : deadline_; }
  [[nodiscard]] grpc_web::Format format() const { return format_; }

  // The response can begin: there is a message, or the status.
  [[nodiscard]] bool has_output() const { return finished_ || !replies_.empty(); }
  [[nodiscard]] bool held_back() const { return held_back_; }
  // Initial metadata as lines of a head; at most kMostInitialBytes.
  void write_initial(ByteWriter& head);
  // Moves content to `to`. Returns the number of bytes; 0: there is none now.
  [[nodiscard]] std::size_t take_output(MutableBytes to);
  // The trailers were taken.
  [[nodiscard]] bool over() const { return content_.over(); }

  static constexpr std::size_t kMostInitialBytes = 1024;

  // --- rpc::Call ---

  [[nodiscard]] const rpc::Server& server() const override { return core_.server; }
  // A page proves nothing about itself, and its address is that of a browser.
  [[nodiscard]] rpc::Peer peer() const override { return {}; }
  [[nodiscard]] rpc::Metadata metadata() const override { return rpc::Metadata(metadata_); }
  [[nodiscard]] std::optional<mote_bytes> keep(const mote_bytes& bytes) override;
  [[nodiscard]] std::uint64_t received_unix_us() const override;
  bool add_initial_metadata(std::string_view name, std::string_view value) override;
  bool add_trailing_metadata(std::string_view name, std::string_view value) override;
  using rpc::Call::send;
  bool send(const pb_msgdesc_t* fields, const void* message) override;
  [[nodiscard]] bool congested() const override;
  using rpc::Call::finish;
  void finish(rpc::StatusCode code, std::string_view message) override;
  [[nodiscard]] bool finished() const override { return finished_; }
  bool queue(Bytes bytes) override;
  std::size_t take_queued(MutableBytes to) override { return queued_.move_to(share_, to); }
  [[nodiscard]] Time now() const override { return core_.now; }
  void wake_at(Time time) override {
    wake_ = time;
    core_.timers.arm_by(timer_, time);
  }
  [[nodiscard]] std::uint64_t unix_us() const override;

 private:
  void keep_metadata(std::string_view fields);
  bool keep_field(std::string_view line);
  void take_message(Bytes content);
  bool add_metadata(BlockQueue& to, std::string_view name, std::string_view value);
  bool refuse_for_memory();

  Core& core_;
  Timer& timer_;
  BlockShare share_;
  const rpc::Method* method_;          // nullptr: there is none of that path.
  const rpc::Method* open_ = nullptr;  // Set while its handler lives.
  Block* metadata_ = nullptr;
  BlockQueue initial_;
  BlockQueue trailing_;  // Trailing metadata and grpc-message.
  BlockQueue kept_;
  BlockQueue queued_;
  BlockQueue replies_;  // Messages with their prefixes.
  Time opened_at_;
  Time deadline_ = kNever;
  Time wake_ = kNever;
  rpc::StatusCode status_ = rpc::StatusCode::Ok;
  grpc_web::Format format_;
  WebContent content_;
  bool finished_ = false;
  mutable bool held_back_ = false;  // congested() returned true.
};

}  // namespace mote::lean
