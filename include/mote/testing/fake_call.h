// A call without an engine: it records what a handler sends, and can make what the handler asks for fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/message.h"
#include "mote/rpc/call.h"
#include "mote/rpc/server.h"
#include "mote/span.h"

namespace mote::testing {

// Uses the heap. MethodCall has one with the handler of a method.
class FakeCall final : public rpc::Call {
 public:
  // The server must outlive the call.
  explicit FakeCall(const rpc::Server& server) : server_(server) {}

  // --- Set by a test ---

  // Names and values that metadata() returns.
  std::vector<std::pair<std::string, std::string>> request_metadata;
  // What peer() returns.
  rpc::Peer caller;
  // What now() returns.
  rpc::Time clock{};
  // What unix_us() returns.
  std::uint64_t wall_us = 0;
  // What received_unix_us() returns.
  std::uint64_t received_us = 0;
  // The number of replies until the call is congested; later replies wait.
  std::size_t room = SIZE_MAX;
  // The number of calls of send(), keep(), queue() and the metadata functions that succeed; then memory is exhausted.
  std::size_t memory = SIZE_MAX;

  // --- Recorded from the handler ---

  // The replies, encoded.
  std::vector<std::string> replies;
  // The initial metadata.
  std::vector<std::pair<std::string, std::string>> initial;
  // The trailing metadata.
  std::vector<std::pair<std::string, std::string>> trailing;
  // Initial metadata was added after the first reply, which no peer receives.
  bool initial_was_late = false;
  // How the call ended; nothing while it is open.
  std::optional<rpc::StatusCode> status;
  // The message of the status.
  std::string status_message;
  // The time of the last wake_at().
  std::optional<rpc::Time> wakes;

  // The reply with this index, decoded; it is valid as long as the call exists. Aborts if there is none or it is of another type.
  template <class Message>
  [[nodiscard]] Message reply(std::size_t index) {
    Message message{};
    decode_reply(index, nanopb::MessageDescriptor<Message>::fields(), &message);
    return message;
  }

  // --- rpc::Call ---

  [[nodiscard]] const rpc::Server& server() const override { return server_; }
  [[nodiscard]] rpc::Peer peer() const override { return caller; }
  [[nodiscard]] rpc::Metadata metadata() const override;
  [[nodiscard]] std::optional<mote_bytes> keep(const mote_bytes& bytes) override;
  [[nodiscard]] std::uint64_t received_unix_us() const override { return received_us; }
  bool add_initial_metadata(std::string_view name, std::string_view value) override;
  bool add_trailing_metadata(std::string_view name, std::string_view value) override;
  using rpc::Call::send;
  bool send(const pb_msgdesc_t* fields, const void* message) override;
  [[nodiscard]] bool congested() const override { return room == 0; }
  using rpc::Call::finish;
  void finish(rpc::StatusCode code, std::string_view message) override;
  [[nodiscard]] bool finished() const override { return status.has_value(); }
  bool queue(Bytes bytes) override;
  std::size_t take_queued(MutableBytes to) override;
  [[nodiscard]] rpc::Time now() const override { return clock; }
  void wake_at(rpc::Time time) override { wakes = time; }
  [[nodiscard]] std::uint64_t unix_us() const override { return wall_us; }

 private:
  bool spend_memory();
  void decode_reply(std::size_t index, const pb_msgdesc_t* fields, void* message);

  const rpc::Server& server_;
  mutable std::deque<std::vector<std::uint8_t>> packed_;
  mutable std::deque<mote_piece> metadata_;
  std::deque<std::string> kept_;
  std::deque<std::uint8_t> queued_;
  std::deque<mote_piece> pieces_;
};

}  // namespace mote::testing
