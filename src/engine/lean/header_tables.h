// Storage for the header tables of all connections (RFC 7541 2.3.2), reserved for each of them.
//
// A connection's table lies in a small part that is as large as what gRPC clients fill. One that outgrows it moves to a
// reserve of the 4,096 bytes that every client may use until it acknowledges our SETTINGS (RFC 9113 6.5.2). A reserve that is
// not used costs address space and no memory. When its connection closes, the kernel gets the pages back.
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

  // Reserves that share a page of memory. Where a page is not larger than a reserve, there is one in each.
  struct Page {
    std::uint8_t open;  // Connections that are open.
    bool touched;       // One of its reserves was used since the kernel had the page last.
  };
  // What one connection takes.
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
  // Calls the kernel only where a reserve was used. Where several reserves share a page, it stays until all of their
  // connections are closed.
  void close(std::size_t index, bool reserve_used);

 private:
  [[nodiscard]] Parts parts(std::size_t index) const;
  void release_page(std::size_t page) const;

  Memory memory_;
  std::size_t reserves_in_page_;
};

}  // namespace mote::lean
