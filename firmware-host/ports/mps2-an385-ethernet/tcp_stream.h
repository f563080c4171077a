// One TCP connection to a server, through lwIP's raw interface. All deadlines are times of board::now_ms().
#pragma once

#include <cstddef>
#include <cstdint>

#include "lwip/ip4_addr.h"
#include "lwip/tcp.h"
#include "mote/span.h"

namespace mote::network {

class TcpStream {
 public:
  // close() comes before the end of it.
  TcpStream() = default;
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  // False: refused, or not answered by then.
  [[nodiscard]] bool open(const ip4_addr_t& address, std::uint16_t port, std::uint32_t deadline_ms);

  // Hands all of `bytes` to TCP. False: the connection is over, or no room by then.
  [[nodiscard]] bool write(Bytes bytes, std::uint32_t deadline_ms);

  // Waits until something has come and gives out what fits into `into`. 0: nothing by then, or the connection is over.
  [[nodiscard]] std::size_t read(MutableBytes into, std::uint32_t deadline_ms);

  // Neither refused nor ended by either side; what had come before the end can still be read after it.
  [[nodiscard]] bool is_open() const { return connection_ != nullptr && !ended_; }

  void close();

 private:
  static err_t on_connected(void* stream, tcp_pcb* connection, err_t error);
  static err_t on_received(void* stream, tcp_pcb* connection, pbuf* received, err_t error);
  static void on_error(void* stream, err_t error);

  tcp_pcb* connection_ = nullptr;
  pbuf* received_ = nullptr;
  bool connected_ = false;
  bool ended_ = false;  // By the server.
};

}  // namespace mote::network
