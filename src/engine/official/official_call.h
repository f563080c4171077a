// One call over the library's generic asynchronous API: rpc::Call on top of one stream of bytes.
//
// An OfficialCall first waits for the next incoming call (RequestCall). It stays in its Core until the library has returned
// all of its tags. Each event ends in proceed(), which starts operations: at most one read and one write at a time, as the
// library requires.
//
// OfficialCall has more than 25 data members and 40 functions because each tag of the library needs an event and a
// function, and because it implements rpc::Call.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <deque>
#include <forward_list>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "engine/limits.h"
#include "engine/official/event.h"
#include "engine/official/official_metadata.h"
#include "mote/rpc/method.h"
#include "mote/rpc/server.h"

namespace mote::official {

class OfficialCall;

// The state that all calls share.
struct Core {
  const engine::Limits& limits;  // Resolved.
  rpc::Server server;
  ::grpc::ServerCompletionQueue* queue = nullptr;
  ::grpc::AsyncGenericService service{};
  engine::Counters counters{};
  rpc::Time now{};                  // Of this event.
  std::list<OfficialCall> calls{};  // The open calls and the one that waits.
  std::size_t open = 0;             // How many of them are open.
  std::uint64_t held_bytes = 0;     // Waiting replies and kept bytes of all calls.

  // Waits for the next call.
  void request_call();
  // Counts a limit that `peer` has reached; the first hit and every thousandth are logged.
  void note_limit(engine::LimitId id, std::string_view peer);
};

class OfficialCall final : public rpc::Call {
 public:
  explicit OfficialCall(Core& core);
  ~OfficialCall();

  // Called once, after insertion into the list.
  void request(std::list<OfficialCall>::iterator self);
  // The server shuts down: notifies the handler.
  void ready();
  // Ends a call whose peer has accepted nothing of a reply for write-stall-ms, or that has had no message in either direction
  // for call-idle-timeout-ms.
  void check_times();
  [[nodiscard]] bool open() const { return stage_ == Stage::Open; }

  // --- rpc::Call ---

  [[nodiscard]] const rpc::Server& server() const override { return core_.server; }
  [[nodiscard]] rpc::Peer peer() const override;
  [[nodiscard]] rpc::Metadata metadata() const override { return metadata_.packed(); }
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
  std::size_t take_queued(MutableBytes to) override;
  [[nodiscard]] rpc::Time now() const override { return core_.now; }
  void wake_at(rpc::Time time) override;
  [[nodiscard]] std::uint64_t unix_us() const override;

 private:
  enum class Stage : std::uint8_t {
    Requested,  // Waits for a call.
    Open,
    Over,  // The call is over or never came; tags may still be pending.
  };
  struct Kept {
    std::vector<std::uint8_t> bytes;
    mote_piece piece{};
  };

  // Events: the library returned a tag.
  void on_requested(bool ok);
  void on_read(bool ok);
  void on_written(bool ok);
  void on_finished(bool ok);
  void on_done(bool ok);
  void on_alarm(bool ok);

  void begin();
  void refuse_or_open();
  void refuse_malformed();
  void proceed();
  void write();
  void read();
  void arm();
  [[nodiscard]] bool idle() const;
  void close_handler();
  bool take_bytes(std::size_t bytes, bool always = false);
  void release_bytes(std::size_t bytes);
  bool prepare_metadata(std::size_t& bytes, std::string_view name, std::string_view value, std::string& out);
  // The end of every event: starts operations, and destroys this call when no tag is pending.
  void end_event();

  Core& core_;
  std::list<OfficialCall>::iterator self_{};
  ::grpc::GenericServerContext context_;
  ::grpc::GenericServerAsyncReaderWriter stream_;
  std::optional<::grpc::Alarm> alarm_;
  const rpc::Method* method_ = nullptr;  // Set while its handler lives.
  ::grpc::ByteBuffer request_;
  OfficialMetadata metadata_;
  std::forward_list<Kept> kept_;
  std::deque<std::uint8_t> queued_;         // Bytes that the handler queued.
  std::deque<::grpc::ByteBuffer> replies_;  // The first may be in a write.
  std::size_t replies_bytes_ = 0;
  std::size_t held_bytes_ = 0;  // This call's part of Core::held_bytes.
  std::size_t initial_bytes_ = 0;
  std::size_t trailing_bytes_ = 0;
  std::string status_message_;
  rpc::Time wake_ = rpc::Time::max();
  rpc::Time alarm_at_ = rpc::Time::max();
  rpc::Time written_at_{};
  rpc::Time message_at_{};  // The last message in either direction, or the opening.
  std::size_t tags_ = 0;    // Pending.
  rpc::StatusCode status_ = rpc::StatusCode::Ok;
  Stage stage_ = Stage::Requested;
  bool reading_ = false;
  bool request_ended_ = false;
  bool writing_ = false;
  bool head_sent_ = false;
  bool alarm_set_ = false;
  bool finished_ = false;
  bool status_sent_ = false;        // Or pending.
  mutable bool held_back_ = false;  // congested() returned true.

  EventFor<OfficialCall, &OfficialCall::on_requested> requested_event_{*this};
  EventFor<OfficialCall, &OfficialCall::on_read> read_event_{*this};
  EventFor<OfficialCall, &OfficialCall::on_written> written_event_{*this};
  EventFor<OfficialCall, &OfficialCall::on_finished> finished_event_{*this};
  EventFor<OfficialCall, &OfficialCall::on_done> done_event_{*this};
  EventFor<OfficialCall, &OfficialCall::on_alarm> alarm_event_{*this};
};

}  // namespace mote::official
