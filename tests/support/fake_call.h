// A call without an engine: it records what a handler sends, and can make the handler's requests fail.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/message.h"
#include "mote/rpc/call.h"
#include "mote/rpc/method.h"
#include "mote/rpc/server.h"

namespace mote::test {

class FakeCall final : public rpc::Call {
 public:
  explicit FakeCall(const rpc::Server& server) : server_(server) {}

  // --- Set by a test ---

  std::vector<std::pair<std::string, std::string>> request_metadata;
  rpc::Time clock{};
  std::uint64_t wall_us = 0;
  std::uint64_t received_us = 0;
  // The number of replies until the call is congested; later replies wait.
  std::size_t room = SIZE_MAX;
  // The number of calls of send(), keep(), queue() and the metadata functions that succeed; then memory is exhausted.
  std::size_t memory = SIZE_MAX;

  // --- Recorded from the handler ---

  std::vector<std::string> replies;  // Encoded.
  std::vector<std::pair<std::string, std::string>> initial;
  std::vector<std::pair<std::string, std::string>> trailing;
  bool initial_was_late = false;  // Initial metadata after the first reply, which no peer receives.
  std::optional<rpc::StatusCode> status;
  std::string status_message;
  std::optional<rpc::Time> wakes;

  // The reply with this index, decoded; it is valid as long as the call exists.
  template <class Message>
  [[nodiscard]] Message reply(std::size_t index) {
    pieces_.push_back({nullptr, as_bytes(replies.at(index)).data(), replies[index].size()});
    Message message{};
    if (!codec::decode(&pieces_.back(), replies[index].size(), message).ok()) std::abort();
    return message;
  }

  // --- rpc::Call ---

  [[nodiscard]] const rpc::Server& server() const override { return server_; }
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

  const rpc::Server& server_;
  mutable std::deque<std::vector<std::uint8_t>> packed_;
  mutable std::deque<mote_piece> metadata_;
  std::deque<std::string> kept_;
  std::deque<std::uint8_t> queued_;
  std::deque<mote_piece> pieces_;
};

// A call of one method, with its handler.
struct MethodCall {
  MethodCall(const rpc::Method& chosen, const rpc::Server& server) : call(server), method(chosen) {}
  ~MethodCall() {
    if (opened) rpc::close(call, method);
  }
  MethodCall(const MethodCall&) = delete;
  MethodCall& operator=(const MethodCall&) = delete;

  void open() {
    opened = true;
    rpc::open(call, method);
  }
  // Passes on one encoded request message, whose memory is released before this returns.
  void message(std::string_view encoded) {
    const std::vector<std::uint8_t> bytes(encoded.begin(), encoded.end());
    const mote_piece piece{nullptr, bytes.data(), bytes.size()};
    rpc::receive_message(call, method, &piece, bytes.size());
  }
  template <class Message>
  void request(const Message& message) {
    std::vector<std::uint8_t> buffer(codec::encoded_size(message).size);
    if (!codec::encode_to(buffer, message).ok()) std::abort();
    this->message(as_text(buffer));
  }
  void half_close() { rpc::receive_half_close(call, method); }
  void ready() { rpc::ready(call, method); }
  // Advances the time to the handler's wake-up and calls the handler, like an engine. False: no wake-up is set.
  bool sleep() {
    if (!call.wakes) return false;
    call.clock = std::max(call.clock, *std::exchange(call.wakes, std::nullopt));
    ready();
    return true;
  }

  FakeCall call;
  const rpc::Method& method;
  bool opened = false;
};

}  // namespace mote::test
