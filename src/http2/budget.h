// What a peer may spend before its connection is closed.
#pragma once

#include <cstdint>

namespace mote::http2 {

// A budget that a peer spends and that we refund. spend() returns false if the budget is exhausted.
class Budget {
 public:
  explicit Budget(std::uint32_t left) : left_(left) {}
  [[nodiscard]] bool spend() {
    if (left_ == 0) return false;
    --left_;
    return true;
  }
  void refund(std::uint32_t amount, std::uint32_t most) {
    left_ = left_ < most && amount < most - left_ ? left_ + amount : most;
  }

 private:
  std::uint32_t left_;
};

}  // namespace mote::http2
