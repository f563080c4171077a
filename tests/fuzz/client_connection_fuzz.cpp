// Any bytes of a server, with an owner that does everything that an owner of a client's connection may do, and checks the
// guarantees of the connection after each step. All memory has exactly its size. A passive owner gets the same events for all
// cuts and writers.
//
// Input: u8 number of choices, the choices, then the bytes of the server. The first choices set up the connection (see
// ClientSetup); the others are used one by one, repeatedly.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/connection_owner.h"
#include "fuzz/frame_mutator.h"
#include "fuzz/output_judge.h"
#include "http2/client/client_connection.h"

namespace mote::fuzz {
namespace {

using http2::ClientConnection;
using Event = ClientConnection::Event;

struct ClientSetup {
  static constexpr std::size_t kChoices = 4;

  explicit ClientSetup(const Choices& choices)
      : raw_start(choices.at(0) & 1),
        acknowledges(choices.at(0) & 2),
        passive(choices.at(0) & 8),
        pieces(choices.at(1)),
        room(ClientConnection::kReserveBytes + std::size_t{4} * choices.at(2)),
        scratch((choices.at(0) & 4) != 0 ? choices.at(3) : 8192) {
    if (choices.at(0) & 0x80) limits = {.stream_window_bytes = 100, .header_bytes = 300};
  }

  ClientConnection::Limits limits;
  bool raw_start;       // The server's first SETTINGS are in the input too.
  bool acknowledges;    // Otherwise our SETTINGS are acknowledged before it.
  bool passive;         // The owner only receives.
  std::uint8_t pieces;  // Bytes for each receive(); 0: all bytes; 255: as the choices decide.
  std::size_t room;
  std::size_t scratch;
};

class ClientOwner {
 public:
  ClientOwner(const ClientSetup& setup, const Choices& choices)
      : setup_(setup),
        choices_(choices),
        buffer_(setup.room),
        scratch_(setup.scratch, 0xa5),
        connection_(setup.limits, buffer_, scratch_) {
    choices_.skip(ClientSetup::kChoices);
    connection_.start();
    check(!out().overflowed());
    judge_.take(out().written().subspan(http2::kPreface.size()));
    out().rewind(0);
    open();
  }

  void run(Bytes bytes) {
    while (!bytes.empty() && !failed_) {
      const std::size_t size = std::min<std::size_t>(bytes.size(), next_piece());
      const std::vector<std::uint8_t> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      bytes = bytes.subspan(size);
      connection_.receive(piece);
      for (unsigned turns = 0; !failed_; check(++turns < 100'000)) {
        const Event event = connection_.next();
        take(event);
        if (event != Event::None) continue;
        if (!connection_.waits_for_room()) break;
        check(out().room() < ClientConnection::kReserveBytes);
        drain();
      }
      drain();
      if (!failed_ && !setup_.passive) act();
      drain();
    }
  }

  [[nodiscard]] const std::string& transcript() const { return transcript_; }

 private:
  ByteWriter& out() { return connection_.out(); }

  void note(std::string_view text) {
    in_data_ = false;
    transcript_.append("\n").append(text);
  }

  void take(Event event) {
    switch (event) {
      case Event::None:
        return;
      case Event::Field: {
        check(open_ && connection_.status() >= 200 && connection_.headers_received() == headers_);
        const hpack::HeaderField& field = connection_.field();
        check(!field.name.empty() && field.name.size() + field.value.size() <= setup_.scratch + 32);
        check(field.value.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos);
        note(std::string(field.name) + ':' + std::string(field.value));
        return maybe_act();
      }
      case Event::MalformedField:
        check(open_ && connection_.status() != 0);
        note("malformed field " + std::string(connection_.field().name));
        return maybe_act();
      case Event::Headers:
        check(open_ && !headers_ && connection_.status() >= 200 && connection_.headers_received());
        headers_ = true;
        note(std::string("headers") + (connection_.too_large() ? " too large" : ""));
        return maybe_act();
      case Event::Data:
        check(open_ && headers_ && !connection_.data().empty() && connection_.data().size() <= window_);
        window_ -= connection_.data().size();
        if (!in_data_) note("data ");
        in_data_ = true;
        transcript_.append(as_text(connection_.data()));
        check(connection_.allowed_bytes() <= window_);
        return maybe_act();
      case Event::End:
        check(open_ && connection_.status() >= 200);
        open_ = false;
        return note(std::string("end") + (connection_.too_large() ? " too large" : ""));
      case Event::Reset:
        check(open_);
        open_ = false;
        return note("reset " + std::to_string(static_cast<std::uint32_t>(connection_.error())));
      case Event::Unprocessed:
        check(open_ && connection_.draining());
        open_ = false;
        return note("unprocessed");
      case Event::Malformed:
        check(open_);
        open_ = false;
        return note("malformed");
      case Event::Failed:
        failed_ = true;
        return note("failed " + std::string(http2::reason_of(connection_.fault())));
    }
  }

  // Inside the received bytes.
  void maybe_act() {
    if (!setup_.passive && choices_.next() % 8 == 7) act();
  }
  void act() {
    if (out().room() < ClientConnection::kReserveBytes) drain();
    switch (choices_.next() % 8) {
      case 0:
        connection_.reset();
        open_ = false;
        return;
      case 1:
        drain();
        return open();
      case 2:
      case 3:
        return send_data(choices_.next() % 4 == 3);
      case 4: {
        const std::uint32_t size = 40U * choices_.next();
        connection_.grant_up_to(size);
        if (open_) window_ = std::max<std::size_t>(window_, size);
        return;
      }
      case 5:
        return connection_.ping();
      case 6:
        return connection_.refund_idle_frames(10);
      default:
        return;
    }
  }
  void open() {
    if (open_ || !connection_.may_open() || connection_.draining()) return;
    constexpr std::uint8_t kBlock[] = {0x83, 0x00, 0x01, 'a', 0x01, 'b'};
    connection_.begin_request();
    out().bytes(kBlock);
    open_ = connection_.open();
    if (!open_) out().rewind(0);
    headers_ = false;
    window_ = setup_.limits.stream_window_bytes;
  }
  void send_data(bool last) {
    if (!open_ || connection_.local_closed()) return;
    const MutableBytes place = connection_.data_place();
    if (place.empty() && !last) return;
    check(place.size() <= connection_.sendable_bytes());
    const std::size_t size = place.empty() ? 0 : place.size() - choices_.next() % place.size();
    std::fill_n(place.begin(), size, std::uint8_t{'x'});
    connection_.send_data(size, last);
    check(connection_.local_closed() == last);
  }

  std::size_t next_piece() {
    if (setup_.pieces == 0) return SIZE_MAX;
    return setup_.pieces == 255 ? std::size_t{1} + choices_.next() : setup_.pieces;
  }
  void drain() {
    check(!out().overflowed());
    judge_.take(out().written());
    out().rewind(0);
  }

  const ClientSetup setup_;
  Choices choices_;
  std::vector<std::uint8_t> buffer_;
  std::vector<std::uint8_t> scratch_;
  ClientConnection connection_;
  OutputJudge judge_;
  std::string transcript_;
  std::size_t window_ = 0;
  bool open_ = false;
  bool headers_ = false;
  bool failed_ = false;
  bool in_data_ = false;
};

constexpr std::string_view kGreeting("\0\0\0\4\0\0\0\0\0", 9);
constexpr std::string_view kAcknowledgement("\0\0\0\4\1\0\0\0\0", 9);

void append(std::vector<std::uint8_t>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void run_client(Bytes input) {
  if (input.empty()) return;
  const std::size_t count = std::min<std::size_t>(input[0], input.size() - 1);
  const Choices choices(input.subspan(1, count));
  ClientSetup setup(choices);
  std::vector<std::uint8_t> bytes;
  if (!setup.raw_start) append(bytes, as_bytes(kGreeting));
  if (!setup.raw_start && !setup.acknowledges) append(bytes, as_bytes(kAcknowledgement));
  append(bytes, input.subspan(1 + count));

  ClientOwner owner(setup, choices);
  owner.run(bytes);
  if (!setup.passive) return;
  setup.pieces = bytes.size() < 1000 ? 1 : 7;
  ClientOwner patient(setup, choices);
  patient.run(bytes);
  check(owner.transcript() == patient.transcript());
}

}  // namespace
}  // namespace mote::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mote::fuzz::run_client({data, size});
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return mote::fuzz::mutate_frames(data, size, max_size, seed);
}
