// Forwards the packets of a TUN device (tests/hostile/bad_link.py) like a long link: with a delay, random loss, and optionally a rate and
// a router's queue.
//
//   link DEVICE SEED
//
// DEVICE is the descriptor of the device. Standard input has a command on each line:
//
//   set LOSS DELAY_US RATE QUEUE    for each direction; RATE in bytes per second, 0 for no limit; QUEUE in bytes
//   count                           prints the time in µs, and for each direction (to servers, to clients) the bytes that arrived and the
//                                   packets that did not
//
// The program ends with its input.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Packet = std::vector<std::uint8_t>;

constexpr std::size_t kMostBytes = 2048;
constexpr std::size_t kProtocolAt = 9;
constexpr std::uint8_t kTcp = 6;
constexpr std::size_t kAddressBytes = 4;
constexpr std::size_t kSourceAt = 12;
constexpr std::size_t kTargetAt = kSourceAt + kAddressBytes;
constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kAck = 0x10;

struct Properties {
  double loss = 0;
  std::chrono::microseconds delay{};
  double bytes_per_second = 0;
  double queue_bytes = 0;
};

class Direction {
 public:
  void send(const Properties& link, Packet packet, bool lost, Clock::time_point now) {
    const auto size = static_cast<double>(packet.size());
    Clock::time_point sent = now;
    if (link.bytes_per_second > 0) {
      const double waiting = seconds(free_at_ - now) * link.bytes_per_second;
      if (waiting + size > link.queue_bytes) lost = true;
      if (!lost) {
        free_at_ = std::max(free_at_, now) + duration(size / link.bytes_per_second);
        sent = free_at_;
      }
    }
    if (lost) {
      ++lost_packets_;
      return;
    }
    under_way_.push_back({sent + link.delay, std::move(packet)});
  }

  void deliver(int device, Clock::time_point now) {
    while (!under_way_.empty() && under_way_.front().due <= now) {
      const Packet& packet = under_way_.front().packet;
      // A packet that the device refuses is lost, as on any link.
      if (::write(device, packet.data(), packet.size()) > 0) {
        arrived_bytes_ += packet.size();
      } else {
        ++lost_packets_;
      }
      under_way_.pop_front();
    }
  }

  [[nodiscard]] Clock::time_point next() const {
    return under_way_.empty() ? Clock::time_point::max() : under_way_.front().due;
  }
  [[nodiscard]] std::uint64_t arrived_bytes() const { return arrived_bytes_; }
  [[nodiscard]] std::uint64_t lost_packets() const { return lost_packets_; }

 private:
  struct UnderWay {
    Clock::time_point due;
    Packet packet;
  };

  static double seconds(Clock::duration time) { return std::max(0.0, std::chrono::duration<double>(time).count()); }
  static Clock::duration duration(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }

  std::deque<UnderWay> under_way_;
  Clock::time_point free_at_;
  std::uint64_t arrived_bytes_ = 0;
  std::uint64_t lost_packets_ = 0;
};

class Link {
 public:
  Link(int device, std::uint32_t seed) : device_(device), random_(seed) { ::fcntl(device, F_SETFL, O_NONBLOCK); }

  void run() {
    for (;;) {
      std::array<pollfd, 2> ready{{{device_, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
      const Clock::time_point next = std::min(up_.next(), down_.next());
      const auto left = std::max(Clock::duration::zero(), next - Clock::now());
      const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
      const timespec wait{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
      const bool idle = next == Clock::time_point::max();
      ::ppoll(ready.data(), ready.size(), idle ? nullptr : &wait, nullptr);
      if (ready[1].revents != 0 && !take_commands()) return;
      if (ready[0].revents != 0) forward();
      const Clock::time_point now = Clock::now();
      up_.deliver(device_, now);
      down_.deliver(device_, now);
    }
  }

 private:
  void forward() {
    const Clock::time_point now = Clock::now();
    for (int i = 0; i < 64; ++i) {
      Packet packet(kMostBytes);
      const ssize_t size = ::read(device_, packet.data(), packet.size());
      if (size <= 0) return;
      packet.resize(static_cast<std::size_t>(size));
      if (packet[0] >> 4 != 4 || packet[kProtocolAt] != kTcp) continue;
      for (std::size_t at = kSourceAt; at < kTargetAt; ++at)
        std::swap(packet[at], packet[at + kAddressBytes]);
      Direction& direction = goes_to_server(packet) ? up_ : down_;
      direction.send(link_, std::move(packet), chance_(random_) < link_.loss, now);
    }
  }

  // A server is who gets a SYN.
  bool goes_to_server(const Packet& packet) {
    const std::size_t tcp = (packet[0] & 0x0fU) * std::size_t{4};
    const unsigned target = packet[tcp + 2] * 256U + packet[tcp + 3];
    if ((packet[tcp + 13] & (kSyn | kAck)) == kSyn) servers_.insert(target);
    return servers_.count(target) != 0;
  }

  bool take_commands() {
    std::array<char, 4096> bytes{};
    const ssize_t size = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (size <= 0) return false;
    input_.append(bytes.data(), static_cast<std::size_t>(size));
    for (std::size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
      take_command(input_.substr(0, end));
      input_.erase(0, end + 1);
    }
    return true;
  }

  void take_command(const std::string& line) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "count") return print_count();
    std::int64_t delay_us = 0;
    words >> link_.loss >> delay_us >> link_.bytes_per_second >> link_.queue_bytes;
    link_.delay = std::chrono::microseconds(delay_us);
  }

  void print_count() const {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count();
    std::printf(
        "%lld %llu %llu %llu %llu\n", static_cast<long long>(now), static_cast<unsigned long long>(up_.arrived_bytes()),
        static_cast<unsigned long long>(up_.lost_packets()), static_cast<unsigned long long>(down_.arrived_bytes()),
        static_cast<unsigned long long>(down_.lost_packets()));
    std::fflush(stdout);
  }

  int device_;
  std::mt19937 random_;
  std::uniform_real_distribution<double> chance_;
  Properties link_;
  Direction up_;
  Direction down_;
  std::set<unsigned> servers_;
  std::string input_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: link DEVICE SEED\n", stderr);
    return 2;
  }
  Link(std::atoi(argv[1]), static_cast<std::uint32_t>(std::atoi(argv[2]))).run();
  return 0;
}
