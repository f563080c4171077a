// The listener for operators: metrics, numbers and the status page over HTTP/1.1, on the thread of the engine and in memory that
// is taken at start.
//
// A request is answered only if its Host and Origin are ours (http1/host.h).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/address.h"
#include "engine/lean/arena.h"
#include "engine/lean/listener.h"
#include "engine/lean/monitor/http_connection.h"
#include "engine/lean/monitor/view.h"

namespace mote::lean {

// The texts outlive the monitor.
struct MonitorSettings {
  engine::Address address;
  std::string_view version;
  std::uint64_t memory_budget = 0;
};

class Monitor final : private Acceptor, private HttpOwner, private Timer {
 public:
  // The memory of a connection and its request, of the counters of a method, and what depends on no limit.
  static constexpr std::size_t kConnectionBytes = sizeof(HttpConnection) + HttpConnection::kReplyBytes + sizeof(void*);
  static constexpr std::size_t kMethodBytes = sizeof(MethodMetrics);
  static constexpr std::size_t kFixedBytes =
      kRecentRefusals * sizeof(Refusal) + sizeof(void*) + 8 * alignof(std::max_align_t);

  // What it uses of the engine. All outlive it.
  struct Parts {
    Core& core;
    Arena& arena;
    const LoopFigures& loop;
    const engine::EngineSizes& sizes;
    std::string_view program;
#ifdef MOTE_TLS
    const TlsShared* tls;  // nullptr: no listener has TLS.
#endif
  };

  Monitor(const MonitorSettings& settings, const Parts& parts);
  ~Monitor();

  // Returns null, or what failed, for engine::cannot_listen().
  [[nodiscard]] const char* start();
  [[nodiscard]] const engine::Address& address() const {
    return listener_.address();
  }

  CallMetrics& calls() {
    return calls_;
  }
  // A limit was reached. Returns the place whose peer the caller fills in, or nullptr: it is not shown.
  Refusal* note_refusal(engine::LimitId id);

  // Stops listening, and closes each connection after its reply.
  void drain();
  // No reply is under way.
  [[nodiscard]] bool over() const;

 private:
  void accept(int descriptor, const engine::Address& peer, bool tls) override;
  [[nodiscard]] bool full() const override {
    return false;
  }
  void pause_accepting() override;
  void on_backlog_full() override {
    note_limit(engine::LimitId::ListenBacklog, {});
  }
  void on_due() override {
    listener_.resume(core_.poller);
  }

  Answer answer(const HttpConnection& connection, const http1::HttpRequest& request) override;
  void note_limit(engine::LimitId id, std::string_view peer) override;
  void count_answer(std::uint16_t status) override;
  [[nodiscard]] const MonitorView& view() const override;

  [[nodiscard]] HttpConnection* free_place();
  void refuse(int descriptor, std::string_view peer);
  [[nodiscard]] bool knows_origin(const http1::HttpRequest& request) const;
  void answer_call(const http1::HttpRequest& request, Answer& answer) const;

  Core& core_;
  RecentRefusals refusals_;
  CallMetrics calls_;
  std::span<HttpConnection> connections_;
  Listener listener_;
  mutable MonitorView view_;  // The number of connections is counted when it is read.
};

}  // namespace mote::lean
