// One TCP connection to a server, with the raw interface of lwIP. All deadlines are times of board::now_ms().
#pragma once

#include <cstddef>
#include <cstdint>

#include "lwip/ip4_addr.h"
#include "lwip/tcp.h"
#include "mote/span.h"

namespace mote::network {

class TcpStream {
 public:
  // Call close() before destroying the object.
  TcpStream() = default;
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  // False: refused, or not established by the deadline.
  [[nodiscard]] bool open(const ip4_addr_t& address, std::uint16_t port, std::uint32_t deadline_ms);

  // Passes all of `bytes` to TCP. False: the connection is closed, or the buffer is still full at the deadline.
  [[nodiscard]] bool write(Bytes bytes, std::uint32_t deadline_ms);

  // Waits for data and stores what fits in `into`. Returns the size; 0: no data by the deadline, or the connection is
  // closed.
  [[nodiscard]] std::size_t read(MutableBytes into, std::uint32_t deadline_ms);

  // True if the connection is established and not closed by either side. Data received before the end can still be read.
  [[nodiscard]] bool is_open() const { return connection_ != nullptr && !ended_; }

  void close();

 private:
  static err_t on_connected(void* stream, tcp_pcb* connection, err_t error);
  static err_t on_received(void* stream, tcp_pcb* connection, pbuf* received, err_t error);
  static void on_error(void* stream, err_t error);

  tcp_pcb* connection_ = nullptr;
  pbuf* received_ = nullptr;
  bool connected_ = false;
  bool ended_ = false;  // The server has closed the connection.
};

}  // namespace mote::network
