// The whole device client against any bytes of a server. The input decides whether the port is slow, blocked or closed; the
// clock moves only during waits. Checked: every call ends with a status, at its deadline at the latest; the output is HTTP/2; no
// call is sent more than twice; no access is outside the memory, which has exactly its size; the client waits only where it may.
//
// Input: u8 number of choices, the choices, then the bytes of the server. The first choices set up the client (see
// DeviceSetup); the others are used one by one, repeatedly.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "device/client.h"
#include "device/messages.h"
#include "echo.pb.h"
#include "fuzz/connection_owner.h"
#include "fuzz/frame_mutator.h"
#include "fuzz/output_judge.h"
#include "mote/message.h"

namespace mote::fuzz {
namespace {

using device::Client;
using device::Received;

struct DeviceSetup {
  static constexpr std::size_t kChoices = 4;

  explicit DeviceSetup(const Choices& choices)
      : raw_start(choices.at(0) & 1),
        from_ms((choices.at(0) & 2) != 0 ? UINT32_MAX - 5000 : 1000),
        pieces(choices.at(1)),
        input_bytes((choices.at(0) & 4) != 0 ? MOTE_MIN_INPUT : MOTE_MIN_INPUT + std::size_t{8} * choices.at(2)),
        output_bytes((choices.at(0) & 8) != 0 ? MOTE_MIN_OUTPUT : 1024),
        scratch_bytes((choices.at(0) & 16) != 0 ? MOTE_MIN_SCRATCH : 300),
        messages_bytes((choices.at(0) & 32) != 0 ? MOTE_MIN_MESSAGES + 32 : 1500),
        text_bytes(choices.at(3) % 4 == 3 ? 0 : choices.at(3)),
        keepalive_ms((choices.at(0) & 64) != 0 ? 700 : 0),
        troubled((choices.at(0) & 128) != 0) {}

  bool raw_start;  // The server's first SETTINGS are in the input too.
  std::uint32_t from_ms;
  std::uint8_t pieces;  // Bytes for each read; 0: all bytes; 255: as the choices decide.
  std::size_t input_bytes;
  std::size_t output_bytes;
  std::size_t scratch_bytes;
  std::size_t messages_bytes;
  std::size_t text_bytes;
  std::uint32_t keepalive_ms;
  bool troubled;  // The port fails sometimes.
};

class FakePort {
 public:
  FakePort(const DeviceSetup& setup, Choices& choices, Bytes bytes)
      : setup_(setup), choices_(choices), bytes_(bytes), now_ms_(setup.from_ms) {}

  [[nodiscard]] mote_port functions() {
    return {.context = this,
            .connect = [](void* port, std::uint32_t deadline_ms) { return of(port).connect(deadline_ms); },
            .disconnect = [](void* port) { of(port).connected_ = false; },
            .write =
                [](void* port, const std::uint8_t* bytes, std::size_t size, std::uint32_t deadline_ms) {
                  return of(port).write({bytes, size}, deadline_ms);
                },
            .read =
                [](void* port, std::uint8_t* into, std::size_t room, std::uint32_t deadline_ms) {
                  return of(port).read({into, room}, deadline_ms);
                },
            .now_ms = [](void* port) { return of(port).now_ms_; },
            .entropy = nullptr};
  }
  [[nodiscard]] std::uint32_t now_ms() const { return now_ms_; }
  [[nodiscard]] bool exhausted() const { return bytes_.empty(); }
  // HEADERS frames since the last call.
  [[nodiscard]] unsigned take_requests() { return std::exchange(requests_, 0); }

 private:
  static FakePort& of(void* port) { return *static_cast<FakePort*>(port); }

  bool trouble() { return setup_.troubled && choices_.next() % 32 == 31; }
  void count_call() { check(++calls_ < kMostCalls); }

  bool connect(std::uint32_t deadline_ms) {
    count_call();
    check(mote_left_ms(now_ms_, deadline_ms) <= kLongestWaitMs);
    judge_.emplace();
    greeting_ = setup_.raw_start ? Bytes() : as_bytes(kGreeting);
    connected_ = !trouble();
    return connected_;
  }
  bool write(Bytes bytes, std::uint32_t deadline_ms) {
    count_call();
    check(connected_ && !bytes.empty());
    if (as_text(bytes).starts_with(http2::kPreface)) bytes = bytes.subspan(http2::kPreface.size());
    judge_->take(bytes);
    for (const test::RawFrame& frame : test::take_frames(bytes))
      requests_ += frame.type == kHeaders;
    if (!trouble()) return true;
    wait_until(deadline_ms);
    return false;
  }
  int read(MutableBytes into, std::uint32_t deadline_ms) {
    count_call();
    check(connected_ && !into.empty());
    if (trouble()) {
      connected_ = false;
      return MOTE_PORT_CLOSED;
    }
    // A server rarely sends before a request.
    if (mote_left_ms(now_ms_, deadline_ms) <= 0 && choices_.next() % 4 != 3) return 0;
    Bytes& source = greeting_.empty() ? bytes_ : greeting_;
    std::size_t size = std::min({into.size(), source.size(), next_piece()});
    if (size == 0) {
      wait_until(deadline_ms);
      return 0;
    }
    std::memcpy(into.data(), source.data(), size);
    source = source.subspan(size);
    return static_cast<int>(size);
  }
  std::size_t next_piece() {
    if (setup_.pieces == 0) return SIZE_MAX;
    return setup_.pieces == 255 ? choices_.next() % 40U : setup_.pieces;
  }
  void wait_until(std::uint32_t deadline_ms) {
    const std::int32_t left_ms = mote_left_ms(now_ms_, deadline_ms);
    check(left_ms <= kLongestWaitMs);
    if (left_ms > 0) now_ms_ = deadline_ms;
  }

  static constexpr std::string_view kGreeting = {"\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0", 18};
  static constexpr std::int32_t kLongestWaitMs = 10'000;
  static constexpr unsigned kMostCalls = 100'000;
  static constexpr std::uint8_t kHeaders = 1;

  const DeviceSetup& setup_;
  Choices& choices_;
  Bytes bytes_;
  Bytes greeting_;
  std::uint32_t now_ms_;
  std::optional<OutputJudge> judge_;
  bool connected_ = false;
  unsigned calls_ = 0;
  unsigned requests_ = 0;
};

class Device {
 public:
  Device(const DeviceSetup& setup, Choices& choices, Bytes bytes)
      : choices_(choices),
        fake_(setup, choices_, bytes),
        port_(fake_.functions()),
        options_{.keepalive_ms = setup.keepalive_ms, .keepalive_timeout_ms = 2000, .backoff_first_ms = 100},
        input_(setup.input_bytes),
        output_(setup.output_bytes),
        scratch_(setup.scratch_bytes),
        messages_(setup.messages_bytes),
        text_(setup.text_bytes),
        memory_{span(input_), span(output_), span(scratch_), span(messages_), span(text_)},
        client_(port_, options_, memory_) {}

  void run() {
    constexpr unsigned kMostSteps = 12;
    for (unsigned step = 0; step < kMostSteps && (step < 2 || !fake_.exhausted()); ++step) {
      const std::uint8_t choice = choices_.next();
      switch (choice % 8) {
        case 0:
          between_calls(choice);
          break;
        case 1:
          call(choice, [this](std::uint8_t) { unary(); });
          break;
        default:
          call(choice, [this](std::uint8_t deed) { streams(deed); });
      }
    }
    if (choices_.next() % 2 == 0) client_.close();
  }

 private:
  static mote_span span(std::vector<std::uint8_t>& bytes) { return {bytes.data(), bytes.size()}; }

  void between_calls(std::uint8_t choice) {
    const std::uint32_t from_ms = fake_.now_ms();
    if (choice & 8) client_.connect();
    client_.poll(choice);
    if (choice & 16) client_.close();
    check(fake_.now_ms() - from_ms <= 5000U + choice + 2 * 2000U);
  }

  // Every call ends by its deadline.
  template <class Body>
  void call(std::uint8_t choice, Body body) {
    call_ = {.path = "/echo.Echo/Chat", .timeout_ms = 200U + 10U * choice};
    call_.on_metadata = [](void* device, mote_text name, mote_text value, bool) {
      static_cast<Device*>(device)->received_bytes_ +=
          std::string(name.data, name.size).size() + std::string(value.data, value.size).size();
    };
    call_.context = this;
    const mote_metadata metadata{"x-fuzz", "yes"};
    if (choice & 64) {
      call_.metadata = &metadata;
      call_.metadata_count = 1;
    }
    const std::uint32_t deadline_ms = fake_.now_ms() + call_.timeout_ms;
    static_cast<void>(fake_.take_requests());
    body(choice);
    if (client_.may_restart() && choice & 32) client_.restart(call_);
    Bytes left;
    while (client_.receive(left) != Received::Over)
      check(text_of(left).size() == left.size());
    check(client_.over() && mote_left_ms(fake_.now_ms(), deadline_ms) >= 0);
    check(client_.status() <= StatusCode::Unauthenticated);
    check(fake_.take_requests() <= (client_.retried() ? 2 : 1));
    check(std::string(client_.status_text()).size() < 100 + text_.size());
  }
  static std::string text_of(Bytes bytes) { return std::string(as_text(bytes)); }

  void unary() {
    const echo_EchoRequest request{.message = codec::field_of("hello"), .timing = true};
    echo_EchoReply reply{};
    if (device::unary(client_, call_, request, reply) != StatusCode::Ok) return;
    std::vector<std::uint8_t> copy(mote_bytes_size(&reply.message));
    check(mote_bytes_copy(&reply.message, copy.data(), copy.size()) == copy.size());
  }

  void streams(std::uint8_t choice) {
    if (!client_.start(call_)) return check(client_.over());
    for (unsigned left = choice >> 4; left > 0; --left)
      deed(choices_.next());
  }
  void deed(std::uint8_t choice) {
    Bytes message;
    switch (choice % 8) {
      case 0:
      case 1:
        sent_ += client_.send(std::vector<std::uint8_t>(choice * 8U, 'm'), choice % 8 == 1);
        return;
      case 2:
        device::send_message(client_, echo_EchoRequest{.message = codec::field_of("hello"), .timing = true});
        return;
      case 3:
      case 4:
        if (client_.receive(message, choice) == Received::Message) check(text_of(message).size() == message.size());
        return;
      case 5: {
        echo_EchoReply reply{};
        device::receive_message(client_, reply);
        return;
      }
      case 6:
        client_.end_sending();
        return;
      default:
        if (!client_.over()) client_.poll(choice);
        if (choice > 240) client_.cancel();
    }
  }

  Choices& choices_;
  FakePort fake_;
  const mote_port port_;
  const mote_options options_;
  std::vector<std::uint8_t> input_;
  std::vector<std::uint8_t> output_;
  std::vector<std::uint8_t> scratch_;
  std::vector<std::uint8_t> messages_;
  std::vector<std::uint8_t> text_;
  const mote_memory memory_;
  Client client_;
  mote_call call_{};
  std::size_t received_bytes_ = 0;
  unsigned sent_ = 0;
};

}  // namespace
}  // namespace mote::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const mote::Bytes input(data, size);
  const std::size_t choices_size = input.empty() ? 0 : std::min<std::size_t>(input[0], input.size() - 1);
  mote::fuzz::Choices choices(input.empty() ? input : input.subspan(1, choices_size));
  const mote::fuzz::DeviceSetup setup(choices);
  choices.skip(mote::fuzz::DeviceSetup::kChoices);
  mote::fuzz::Device(setup, choices, input.empty() ? input : input.subspan(1 + choices_size)).run();
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return mote::fuzz::mutate_frames(data, size, max_size, seed);
}
