// lean::TlsStream with OpenSSL's client. The input controls both ends and what is between them: bytes arrive in pieces, are
// changed, cut off and inserted, and the socket fills up. What arrives must be what was sent, up to the first change.
//
// Input: u8 setup (see Setup), then actions, each u8 kind and u8 number (see Link::act).
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "engine/lean/tls_stream.h"
#include "fuzz/check.h"
#include "fuzz/tls_peer.h"

namespace mote::fuzz {

namespace {

using lean::BlockPool;
using lean::Io;
using lean::IoResult;
using lean::TlsStream;

constexpr std::array<std::size_t, 8> kSizes = {1, 5, 40, 1000, 4096, 5000, 16'384, 20'000};

// The n-th byte that an end sends.
std::uint8_t pattern(std::size_t index) {
  return static_cast<std::uint8_t>(index * 7 + index / 251);
}

Pipe patterns(std::size_t from, std::size_t size) {
  Pipe bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = pattern(from + i);
  return bytes;
}

bool is_pattern(Bytes bytes, std::size_t from) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != pattern(from + i)) return false;
  }
  return true;
}

struct Setup {
  explicit Setup(std::uint8_t bits)
      : peer{.newest = (bits & 1) != 0, .mutual = (bits & 6) == 6, .chacha = (bits & 8) != 0},
        needs_certificate((bits & 2) != 0 && (bits & 32) != 0),
        starts_open((bits & 16) != 0),
        few_blocks((bits & 64) != 0),
        links((bits & 128) != 0 ? 2 : 1) {}

  TlsPeer::Options peer;
  bool needs_certificate;  // The server asks for one.
  bool starts_open;        // The handshake is over before the first action.
  bool few_blocks;
  int links;
};

class Socket final : public lean::ByteStream {
 public:
  IoResult read(MutableBytes to) override {
    const std::size_t size = std::min({to.size(), arrived.size(), piece});
    if (size == 0) return {arrived.empty() && closed ? Io::Closed : Io::WouldBlock};
    std::copy_n(arrived.begin(), size, to.begin());
    arrived.erase(arrived.begin(), arrived.begin() + static_cast<std::ptrdiff_t>(size));
    return {Io::Done, size};
  }
  IoResult write(Bytes from) override {
    check(!from.empty() && !shut);
    const std::size_t size = std::min(from.size(), room);
    if (size == 0) return {Io::WouldBlock};
    room -= size;
    sent.insert(sent.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size));
    return {Io::Done, size};
  }
  void shut_down() override { shut = true; }

  Pipe arrived;
  Pipe sent;
  std::size_t piece = SIZE_MAX;
  std::size_t room = SIZE_MAX;
  bool closed = false;  // After `arrived`.
  bool shut = false;
};

// What the connections of a gateway share.
struct Shared {
  explicit Shared(const Setup& setup)
      : pages(setup.few_blocks ? 2 : 32),
        storage(pages.size() * BlockPool::kLargeBytes),
        pool(pages, storage),
        in(mote_tls_in_buffer_bytes()),
        out(mote_tls_out_buffer_bytes()),
        tls{.context = &server_context(setup.needs_certificate),
            .buffers = {in.data(), out.data()},
            .arrived = arrived,
            .opened = opened,
            .sealed = sealed,
            .places = lean::HandshakePlaces(4),
            .share = lean::HandshakeShare(kPercent)} {}

  std::vector<BlockPool::Page> pages;
  Pipe storage;
  BlockPool pool;
  lean::PoolAside aside{0, 0};
  lean::AddressRow address;
  Pipe in;
  Pipe out;
  std::array<std::uint8_t, tls::kMostRecordBytes> arrived{};
  std::array<std::uint8_t, lean::TlsShared::kOpenedBytes> opened{};
  std::array<std::uint8_t, lean::TlsShared::kSealedBytes> sealed{};
  static constexpr std::uint32_t kPercent = 50;
  lean::TlsShared tls;
};

// A connection between a client and the gateway.
class Link {
 public:
  Link(Shared& shared, const TlsPeer::Options& options)
      : shared_(shared),
        share_(shared.pool, shared.aside, shared.address, 128 * std::size_t{1024}, 0),
        stream_(shared.tls, socket_, share_),
        client_(options) {
    check(stream_.begin());
    client_.turn({}, on_way_);
  }

  void act(std::uint8_t kind, std::uint8_t number) {
    const std::size_t size = kSizes[number % kSizes.size()] + number / kSizes.size();
    switch (kind % 16) {
      case 0:
      case 1:
        return deliver(size);
      case 2:
        return deliver(SIZE_MAX);
      case 3:
      case 4:
        return serve(size);
      case 5:
        return turn_client();
      case 6:
      case 7:
        if (closed_by_client_) return;
        if (client_.write(patterns(asked_, size), on_way_)) asked_ += size;
        return;
      case 8:
      case 9:
        return write(size);
      case 10:
        socket_.room = number == 0 ? SIZE_MAX : size;
        return;
      case 11:
        socket_.piece = size;
        return;
      case 12:
        return change(on_way_, number, spoiled_);
      case 13:
        return change(socket_.sent, number, answer_spoiled_);
      case 14:
        return insert(size, number);
      default:
        return end(number);
    }
  }

  // Without changes, all that was sent arrives. A turn reads at most one record, so turns go on while bytes arrive.
  void settle() {
    socket_.piece = SIZE_MAX;
    socket_.room = SIZE_MAX;
    constexpr int kMostIdleTurns = 60;
    for (int idle = 0; idle < kMostIdleTurns;) {
      const std::size_t moved = got_ + answered_;
      deliver(SIZE_MAX);
      serve(20'000);
      if (owed_ != 0) write(0);
      turn_client();
      idle = got_ + answered_ == moved ? idle + 1 : 0;
    }
    if (over_ || spoiled_ || answer_spoiled_ || ended_ || client_.failed()) return;
    if (client_.open() && stream_.open()) {
      check(got_ == asked_);
      check(client_.read.size() == answered_);
      check(stream_.fault().empty());
    }
  }

  // The handshake, without faults.
  void open() {
    for (int turn = 0; turn < 60 && !(stream_.open() && client_.open()) && !over_; ++turn) {
      deliver(SIZE_MAX);
      serve(1);
      turn_client();
    }
  }

 private:
  void deliver(std::size_t size) {
    const auto end = on_way_.begin() + static_cast<std::ptrdiff_t>(std::min(size, on_way_.size()));
    socket_.arrived.insert(socket_.arrived.end(), on_way_.begin(), end);
    on_way_.erase(on_way_.begin(), end);
  }

  void turn_client() {
    client_.turn(socket_.sent, on_way_);
    socket_.sent.clear();
    check(is_pattern(client_.read, 0) && client_.read.size() <= answered_ + owed_);
  }

  void serve(std::size_t size) {
    if (over_) return;
    shared_.tls.begin_turn({}, 0);
    if (!stream_.open()) return step();
    Pipe plain(size);
    const IoResult result = stream_.read(plain);
    check(result.io != Io::Done || (result.size != 0 && result.size <= size));
    if (result.io == Io::Done) {
      check(is_pattern(Bytes(plain).first(result.size), got_));
      got_ += result.size;
      check(got_ <= asked_);
    }
    if (result.io == Io::Closed) close();
  }

  void step() {
    if (stream_.handshake() != TlsStream::Handshake::Failed) return;
    check(!stream_.failure().empty());
    stream_.discard();
    over_ = true;
  }

  // After WouldBlock, the same bytes are written again.
  void write(std::size_t size) {
    if (over_ || !stream_.open() || socket_.shut || shut_) return;
    if (owed_ == 0) owed_ = size;
    const IoResult result = stream_.write(patterns(answered_, owed_));
    check(result.io != Io::Done || (result.size != 0 && result.size <= owed_));
    answered_ += result.size;
    owed_ -= result.size;
    if (result.io == Io::Closed) close();
  }

  void close() {
    over_ = true;
    (void)stream_.fault();
    if (!spoiled_) check(ended_ || client_.failed() || answer_spoiled_ || few());
  }
  // A connection may end for lack of blocks.
  [[nodiscard]] bool few() const { return shared_.pages.size() < 8 || stream_.fault().starts_with("no memory"); }

  static void change(Pipe& bytes, std::uint8_t number, bool& spoiled) {
    if (bytes.empty()) return;
    bytes[number % bytes.size()] ^= static_cast<std::uint8_t>(1U << (number % 8));
    spoiled = true;
  }

  void insert(std::size_t size, std::uint8_t number) {
    const std::size_t few = std::min<std::size_t>(size, 64);
    constexpr std::array<std::uint8_t, 4> kTypes = {20, 21, 22, 23};
    Pipe record = {kTypes[number % 4], 3, 3, 0, static_cast<std::uint8_t>(few)};
    record.resize(record.size() + few, number);
    on_way_.insert(on_way_.end(), record.begin(), record.end());
    spoiled_ = true;
  }

  void end(std::uint8_t number) {
    switch (number % 4) {
      case 0:
        ended_ = closed_by_client_ = true;
        return client_.close(on_way_);
      case 1:
        if (over_ || !stream_.open() || shut_ || owed_ != 0) return;
        ended_ = shut_ = true;
        return stream_.shut_down();
      case 2:
        ended_ = closed_by_client_ = socket_.closed = true;
        return deliver(SIZE_MAX);
      default:
        ended_ = true;
        return client_.ask_for_new_keys(on_way_);
    }
  }

  Shared& shared_;
  Socket socket_;
  lean::BlockShare share_;
  TlsStream stream_;
  TlsPeer client_;
  Pipe on_way_;               // From the client, not arrived.
  std::size_t asked_ = 0;     // Bytes that the client has written.
  std::size_t got_ = 0;       // Of them, read by the server.
  std::size_t answered_ = 0;  // Bytes that the server has written.
  std::size_t owed_ = 0;      // Bytes that it has to write again.
  bool over_ = false;         // The server has seen the end.
  bool ended_ = false;        // An end has begun.
  bool shut_ = false;         // By the server.
  bool closed_by_client_ = false;
  bool spoiled_ = false;         // What the client sent was changed.
  bool answer_spoiled_ = false;  // What the server sent was changed.
};

void run(Bytes input) {
  if (input.empty()) return;
  restart_random();
  const Setup setup(input[0]);
  Shared shared(setup);
  const std::size_t free = shared.pool.free_small();
  {
    std::vector<std::unique_ptr<Link>> links;
    for (int i = 0; i < setup.links; ++i) {
      links.push_back(std::make_unique<Link>(shared, setup.peer));
      if (setup.starts_open) links.back()->open();
    }
    constexpr std::size_t kMostActions = 200;
    for (std::size_t at = 1; at + 1 < input.size() && at < 2 * kMostActions; at += 2)
      links[(input[at] >> 4U) % links.size()]->act(input[at], input[at + 1]);
    for (const auto& link : links)
      link->settle();
  }
  check(shared.pool.free_small() == free);
  check(!server_context(setup.needs_certificate).used());
}

}  // namespace

}  // namespace mote::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mote::fuzz::run({data, size});
  return 0;
}
