// Storage for the header tables of all connections (RFC 7541 2.3.2), reserved for each of them.
//
// A table starts in a small part, large enough for most gRPC clients. A table that outgrows it moves to a reserve of 4,096
// bytes, which every client may use until it acknowledges our SETTINGS (RFC 9113 6.5.2). An unused reserve costs address
// space but no memory. When the connection closes, the pages return to the kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "http2/constants.h"
#include "mote/span.h"

namespace mote::lean {

class HeaderTables {
 public:
  static constexpr std::size_t kSmallBytes = 768;
  static constexpr std::size_t kReserveBytes = http2::kDefaultHeaderTableBytes;

  // The reserves that share a page of memory: one if a page is not larger than a reserve.
  struct Page {
    std::uint8_t open;  // Connections that are open.
    bool touched;       // One of its reserves was used since the page was returned to the kernel.
  };
  // The bytes of one connection.
  static constexpr std::size_t kConnectionBytes = kSmallBytes + kReserveBytes + sizeof(Page);

  struct Memory {
    MutableBytes reserves;   // Begins at a page; kReserveBytes for each connection.
    MutableBytes small;      // kSmallBytes for each connection.
    std::span<Page> pages;   // Zeroed; one for each connection.
    std::size_t page_bytes;  // Of the kernel; a power of two.
  };
  explicit HeaderTables(const Memory& memory);

  struct Parts {
    MutableBytes table;
    MutableBytes reserve;
  };
  // For a connection that opens. Each index is open at most once.
  Parts open(std::size_t index);
  // Calls the kernel only if a reserve was used. A page that several reserves share stays until all of their connections
  // are closed.
  void close(std::size_t index, bool reserve_used);

 private:
  [[nodiscard]] Parts parts(std::size_t index) const;
  void release_page(std::size_t page) const;

  Memory memory_;
  std::size_t reserves_in_page_;
};

}  // namespace mote::lean
