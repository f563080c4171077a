#include "tcp_stream.h"

#include <algorithm>

#include "lwip/pbuf.h"
#include "mote/span.h"
#include "network.h"

namespace mote::network {

err_t TcpStream::on_connected(void* stream, tcp_pcb* /*connection*/, err_t /*error*/) {
  static_cast<TcpStream*>(stream)->connected_ = true;
  return ERR_OK;
}

err_t TcpStream::on_received(void* stream, tcp_pcb* /*connection*/, pbuf* received, err_t /*error*/) {
  auto& self = *static_cast<TcpStream*>(stream);
  if (received == nullptr) {
    self.ended_ = true;
  } else if (self.received_ == nullptr) {
    self.received_ = received;
  } else {
    pbuf_cat(self.received_, received);
  }
  return ERR_OK;
}

// lwIP has already released the connection.
void TcpStream::on_error(void* stream, err_t /*error*/) {
  static_cast<TcpStream*>(stream)->connection_ = nullptr;
}

bool TcpStream::open(const ip4_addr_t& address, std::uint16_t port, std::uint32_t deadline_ms) {
  close();
  connection_ = tcp_new();
  if (connection_ == nullptr) return false;
  tcp_arg(connection_, this);
  tcp_recv(connection_, on_received);
  tcp_err(connection_, on_error);
  tcp_nagle_disable(connection_);
  if (tcp_connect(connection_, &address, port, on_connected) == ERR_OK &&
      run_until(deadline_ms, [&] { return connected_ || connection_ == nullptr; }) && connection_ != nullptr)
    return true;
  close();
  return false;
}

bool TcpStream::write(Bytes bytes, std::uint32_t deadline_ms) {
  return run_until(deadline_ms,
                   [&] {
                     if (!is_open()) return true;
                     const std::size_t size = std::min<std::size_t>(bytes.size(), tcp_sndbuf(connection_));
                     if (size > 0 && tcp_write(connection_, bytes.data(), static_cast<std::uint16_t>(size),
                                               TCP_WRITE_FLAG_COPY) == ERR_OK)
                       bytes = bytes.subspan(size);
                     tcp_output(connection_);
                     return bytes.empty();
                   }) &&
         is_open();
}

std::size_t TcpStream::read(MutableBytes into, std::uint32_t deadline_ms) {
  if (!run_until(deadline_ms, [&] { return received_ != nullptr || !is_open(); }) || received_ == nullptr) return 0;
  const std::uint16_t size = pbuf_copy_partial(
      received_, into.data(), static_cast<std::uint16_t>(std::min<std::size_t>(into.size(), 0xFFFF)), 0);
  received_ = pbuf_free_header(received_, size);
  if (connection_ != nullptr) tcp_recved(connection_, size);
  return size;
}

void TcpStream::close() {
  if (connection_ != nullptr) {
    tcp_arg(connection_, nullptr);
    tcp_recv(connection_, nullptr);
    tcp_err(connection_, nullptr);
    if (tcp_close(connection_) != ERR_OK) tcp_abort(connection_);
    connection_ = nullptr;
  }
  if (received_ != nullptr) pbuf_free(received_);
  received_ = nullptr;
  connected_ = false;
  ended_ = false;
}

}  // namespace mote::network
