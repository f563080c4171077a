// A lawful client of the whole lean engine: a model of a real client (support/lawful_peer.h). The input chooses its calls, delays
// and cuts. It must never receive a GOAWAY, and all its calls must end.
//
// Input: u8 model and limits, then choices as they are needed.
#include <array>
#include <cstdio>
#include <vector>

#include "engine/lean/engine.h"
#include "engine/log.h"
#include "fuzz/fake_system.h"
#include "fuzz/output_judge.h"
#include "services/echo.h"
#include "services/health.h"
#include "support/lawful_peer.h"

namespace mote::fuzz {

namespace {

using namespace std::chrono_literals;

class LawfulPlay final : public Input {
 public:
  explicit LawfulPlay(Bytes input)
      : choices_(input.subspan(1)),
        system_(*this),
        socket_(system_.connect()),
        peer_(*test::kLawfulPeers[input[0] % std::size(test::kLawfulPeers)],
              [this](std::size_t most) { return pick(most); }) {
    // Few calls at once on the gateway: refusals that are not the peer's fault.
    if ((input[0] & 0x40) != 0) limits_.max_streams = 4;
    // Few refunds over time.
    if ((input[0] & 0x80) != 0) limits_.idle_frame_budget = 100;
    engine::resolve(limits_);
  }

  void run() {
    const std::array services = {services::echo(), services::health()};
    engine::Host host;
    lean::Engine engine(limits_, rpc::ServiceTable(services), host);
    engine_ = &engine;
    const std::array addresses = {engine::Address{}};
    check(engine.start(addresses).empty());
    blocks_ = engine.usage().free_blocks;
    engine.run();
    const lean::Engine::Usage usage = engine.usage();
    check(usage.connections == 0 && usage.calls == 0 && usage.free_blocks == blocks_);
  }

 private:
  // More steps than any peer needs to finish: replies end, and other calls are cancelled after 100 ms.
  static constexpr int kMostSteps = 20'000;

  Next next(int /*timeout_ms*/) override {
    Socket& socket = system_.socket(socket_);
    if (closing_) {
      if (engine_->usage().connections == 0) system_.stop();
      check(++steps_ < kMostSteps);
      return Next::Return;
    }
    peer_.receive(socket.to_client);
    socket.to_client.clear();
    if (!peer_.goaway().empty()) std::fprintf(stderr, "%s\n", peer_.goaway().c_str());
    check(peer_.goaway().empty() && !socket.engine_closed && !socket.engine_shut_down);
    const bool winding_up = choices_.empty();
    system_.pass(winding_up ? 5ms : rpc::Time(1 + pick(255)));
    if (winding_up) {
      peer_.wind_up(system_.now());
      check(++steps_ < kMostSteps);
    } else {
      peer_.act(system_.now());
    }
    const test::Octets output = peer_.output();
    socket.to_engine.insert(socket.to_engine.end(), output.begin(), output.end());
    const std::size_t under_way = socket.to_engine.size() - socket.arrived;
    socket.arrived += winding_up || pick(3) == 0 ? under_way : pick(std::min<std::size_t>(under_way, 255));
    // What turn-frames leaves for the next turn waits in blocks.
    const bool all_taken = socket.taken == socket.to_engine.size() && engine_->usage().free_blocks == blocks_;
    closing_ = winding_up && peer_.idle() && all_taken;
    if (closing_) check(peer_.connection_window() > http2::kDefaultWindowBytes / 2);
    socket.client_closed = closing_;
    return Next::Return;
  }

  std::size_t pick(std::size_t most) {
    if (choices_.empty() || most == 0) return 0;
    const std::size_t choice = choices_[0];
    choices_ = choices_.subspan(1);
    return choice % (most + 1);
  }

  Bytes choices_;
  engine::Limits limits_;
  System system_;
  std::size_t socket_;
  test::LawfulPeer peer_;
  lean::Engine* engine_ = nullptr;
  std::size_t blocks_ = 0;  // Free before the first connection.
  int steps_ = 0;
  bool closing_ = false;
};

}  // namespace

}  // namespace mote::fuzz

// The engine does not use the heap; tracking the allocations of the client would take most of the time.
// NOLINTNEXTLINE(readability-identifier-naming): AddressSanitizer looks for this name.
extern "C" const char* __asan_default_options() {
  return "malloc_context_size=0:quarantine_size_mb=8";
}

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name, and the next.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  mote::engine::set_log_level(mote::engine::LogLevel::Error);
  return 0;
}

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size != 0) mote::fuzz::LawfulPlay({data, size}).run();
  return 0;
}
