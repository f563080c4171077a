// The whole lean engine with its services. The input controls the clients and the system: sockets fill up, bytes arrive in
// pieces, time jumps.
//
// Input: u8 setup (see Setup), then
//   scripts:  see gateway_script.h;
//   raw:      u8 number of choices, choices (see Raw::act), and the bytes of one client.
#include <algorithm>

#include "engine/log.h"
#include "fuzz/frame_mutator.h"
#include "fuzz/gateway_play.h"
#include "fuzz/gateway_script.h"

namespace mote::fuzz {

namespace {

class Raw final : public Play {
 public:
  Raw(const Setup& setup, Bytes input) : Play(setup) {
    ByteSource bytes(input);
    choices_ = bytes.take(bytes.next());
    Client& client = add_client();
    client.go_wrong();
    client.allow_any_frames();
    if (setup.greets) {
      client.greet({});
      client.acknowledge_settings();
    }
    client.hold(true);
    client.send(bytes.rest());
  }

 private:
  bool at_end() override { return client().socket().arrived == client().socket().to_engine.size(); }

  Next act() override {
    constexpr std::size_t kMostChoices = 500;
    if (choices_.empty() || ++used_ > kMostChoices) {
      client().deliver(SIZE_MAX);
      return Next::Look;
    }
    const std::uint8_t choice = choices_[used_ % choices_.size()];
    switch (choice >> 4U) {
      case 0xc:
        client().socket().room = kSizes[choice % 8];
        return Next::Look;
      case 0xd:
        return choice % 16 < 8 ? pass(kTimes[choice % 8]) : pass_to_timeout();
      case 0xe:
        client().socket().piece = std::max<std::size_t>(kSizes[choice % 8], 1);
        return Next::Look;
      case 0xf:
        if (choice == 0xff) stop();
        return Next::Look;
      default:
        client().deliver(choice == 0 ? SIZE_MAX : choice);
        return Next::Look;
    }
  }

  Client& client() { return clients().front(); }

  Bytes choices_;
  std::size_t used_ = 0;
};

void run(Bytes input) {
  if (input.empty()) return;
  const Setup setup(input[0]);
  // Few long inputs find less than many short ones.
  constexpr std::size_t kMostScript = 250;
  if (setup.raw) {
    Raw(setup, input.subspan(1)).run();
  } else {
    Script(setup, input.subspan(1, std::min(input.size() - 1, kMostScript))).run();
  }
}

}  // namespace

}  // namespace mote::fuzz

// The engine does not use the heap; tracking the allocations of the clients would take most of the time.
// NOLINTNEXTLINE(readability-identifier-naming): AddressSanitizer looks for this name.
extern "C" const char* __asan_default_options() {
  return "malloc_context_size=0:quarantine_size_mb=8";
}

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name, and those below.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  mote::engine::set_log_level(mote::engine::LogLevel::Error);
  return 0;
}

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mote::fuzz::run({data, size});
  return 0;
}

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  if (size < 2 || !(*data & 1) || seed % 8 == 0) return LLVMFuzzerMutate(data, size, max_size);
  return 1 + mote::fuzz::mutate_frames(std::span(data, size).subspan(1).data(), size - 1, max_size - 1, seed / 8);
}
