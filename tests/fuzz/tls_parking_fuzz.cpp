// Record buffers of established connections (tls/record_buffers.h): taken away and lent, other ones each time, between reads and
// writes in every order, with OpenSSL's clients. Every byte arrives, and nothing is left in buffers that were taken away.
//
// Input: u8 setup (bit 0: TLS 1.3, 1: ChaCha20, 2: two connections), then actions, each u8 kind and u8 number (see Link::act).
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/tls_peer.h"
#include "tls/record_buffers.h"

namespace mote::fuzz {

namespace {

constexpr std::array<std::size_t, 8> kSizes = {1, 2, 40, 1000, 4095, 4096, 16'384, 17'000};

std::uint8_t pattern(std::size_t index) {
  return static_cast<std::uint8_t>(index * 11 + index / 253);
}

Pipe patterns(std::size_t from, std::size_t size) {
  Pipe bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = pattern(from + i);
  return bytes;
}

// A pair of buffers, which one connection has at a time.
struct Pair {
  Pipe in = Pipe(mote_tls_in_buffer_bytes());
  Pipe out = Pipe(mote_tls_out_buffer_bytes());
  bool lent = false;

  void spoil(std::uint8_t with) {
    std::fill(in.begin(), in.end(), with);
    std::fill(out.begin(), out.end(), with);
  }
};
using Pairs = std::array<Pair, 3>;

class Link {
 public:
  Link(Pairs& pairs, const TlsPeer::Options& options) : pairs_(pairs), client_(options) {
    mbedtls_ssl_init(&ssl_);
    check(mbedtls_ssl_setup(&ssl_, &server_context(false).config()) == 0);
    mbedtls_ssl_set_bio(&ssl_, this, send, receive, nullptr);
    int result = MBEDTLS_ERR_SSL_WANT_READ;
    while (result == MBEDTLS_ERR_SSL_WANT_READ || !client_.open()) {
      turn_client();
      deliver(SIZE_MAX);
      if (result != 0) result = mbedtls_ssl_handshake(&ssl_);
    }
    check(result == 0 && mote_tls_end_handshake(&ssl_));
    mote_tls_use_config(&ssl_, &tls::ServerContext::established_config());
    mote_tls_park_first(&ssl_, &parked_);
  }
  ~Link() {
    if (pair_ != nullptr) park();
    mbedtls_ssl_free(&ssl_);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void act(std::uint8_t kind, std::uint8_t number) {
    const std::size_t size = kSizes[number % kSizes.size()] + number / kSizes.size();
    switch (kind % 8) {
      case 0:
        if (pair_ != nullptr && mote_tls_may_park(&ssl_)) park();
        return;
      case 1:
        return resume(number);
      case 2:
        if (pair_ != nullptr) read(size);
        return;
      case 3:
        if (pair_ != nullptr) write(size);
        return;
      case 4:
        if (client_.write(patterns(asked_, size), on_way_)) asked_ += size;
        return;
      case 5:
        return deliver(size);
      case 6:
        return turn_client();
      default:
        return deliver(SIZE_MAX);
    }
  }

  void settle() {
    turn_client();
    deliver(SIZE_MAX);
    if (pair_ == nullptr) resume(0);
    check(pair_ != nullptr);
    while (read(20'000)) {
    }
    check(got_ == asked_);
    // With all records read, nothing is in the buffers.
    check(mote_tls_may_park(&ssl_));
    park();
    check(client_.read.size() == answered_);
  }

 private:
  static int receive(void* context, unsigned char* to, std::size_t size) {
    Pipe& arrived = static_cast<Link*>(context)->arrived_;
    const std::size_t now = std::min(size, arrived.size());
    if (now == 0) return MBEDTLS_ERR_SSL_WANT_READ;
    std::copy_n(arrived.begin(), now, to);
    arrived.erase(arrived.begin(), arrived.begin() + static_cast<std::ptrdiff_t>(now));
    return static_cast<int>(now);
  }
  static int send(void* context, const unsigned char* from, std::size_t size) {
    Pipe& sent = static_cast<Link*>(context)->sent_;
    sent.insert(sent.end(), from, from + size);
    return static_cast<int>(size);
  }

  void deliver(std::size_t size) {
    const auto end = on_way_.begin() + static_cast<std::ptrdiff_t>(std::min(size, on_way_.size()));
    arrived_.insert(arrived_.end(), on_way_.begin(), end);
    on_way_.erase(on_way_.begin(), end);
  }

  void turn_client() {
    client_.turn(sent_, on_way_);
    sent_.clear();
    check(!client_.failed() && client_.read == patterns(0, client_.read.size()));
  }

  void park() {
    mote_tls_park(&ssl_, &parked_);
    pair_->spoil(0xa5);
    pair_->lent = false;
    pair_ = nullptr;
  }

  void resume(std::uint8_t number) {
    if (pair_ != nullptr) return;
    for (std::size_t i = 0; i < pairs_.size() && pair_ == nullptr; ++i) {
      Pair& pair = pairs_[(number + i) % pairs_.size()];
      if (!pair.lent) pair_ = &pair;
    }
    pair_->lent = true;
    pair_->spoil(number);
    mote_tls_resume(&ssl_, &parked_, pair_->in.data(), pair_->out.data());
  }

  bool read(std::size_t size) {
    Pipe plain(size);
    const int result = mbedtls_ssl_read(&ssl_, plain.data(), plain.size());
    check(result > 0 || result == MBEDTLS_ERR_SSL_WANT_READ);
    if (result <= 0) return false;
    plain.resize(static_cast<std::size_t>(result));
    check(plain == patterns(got_, plain.size()));
    got_ += plain.size();
    check(got_ <= asked_);
    return true;
  }

  void write(std::size_t size) {
    const int result = mbedtls_ssl_write(&ssl_, patterns(answered_, size).data(), size);
    check(result > 0);
    answered_ += static_cast<std::size_t>(result);
  }

  Pairs& pairs_;
  TlsPeer client_;
  mbedtls_ssl_context ssl_{};
  mote_tls_parked parked_{};
  Pair* pair_ = nullptr;
  Pipe on_way_;   // From the client, not arrived.
  Pipe arrived_;  // From the client.
  Pipe sent_;     // To the client.
  std::size_t asked_ = 0;
  std::size_t got_ = 0;
  std::size_t answered_ = 0;
};

void run(Bytes input) {
  if (input.empty()) return;
  restart_random();
  static Pairs pairs;
  const std::uint8_t setup = input[0];
  const TlsPeer::Options options{.newest = (setup & 1) != 0, .chacha = (setup & 2) != 0};
  std::vector<std::unique_ptr<Link>> links;
  for (int i = 0; i < ((setup & 4) != 0 ? 2 : 1); ++i)
    links.push_back(std::make_unique<Link>(pairs, options));
  constexpr std::size_t kMostActions = 200;
  for (std::size_t at = 1; at + 1 < input.size() && at < 2 * kMostActions; at += 2)
    links[(input[at] >> 3U) % links.size()]->act(input[at], input[at + 1]);
  for (const auto& link : links)
    link->settle();
}

}  // namespace

}  // namespace mote::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mote::fuzz::run({data, size});
  return 0;
}
