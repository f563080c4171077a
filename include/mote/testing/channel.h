// A link between one device client and a server for tests, in memory. The functions of its port run the server while they
// wait, and move its clock to the time of the next event.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/port.h"
#include "mote/testing/server.h"

namespace mote::testing {

class Link;

// The server must outlive it, and it must outlive its client.
class Channel {
 public:
  // Not connected: the client connects.
  explicit Channel(Server& server);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // For mote_client_init(). Valid as long as the channel.
  [[nodiscard]] const mote_port& port() const { return port_; }
  // Whether the client has opened a link that neither end has closed.
  [[nodiscard]] bool connected() const;

  // At most this many bytes pass in each direction in each millisecond of the server's clock; SIZE_MAX: no limit. 0 is a
  // stalled link, of which neither end is told.
  void limit_bytes(std::size_t bytes_per_ms);
  // Closes the link for both ends. Bytes on the way are lost. The client may connect again.
  void break_link();
  // Whether later attempts to connect fail.
  void refuse_connections(bool refuse) { refuses_ = refuse; }

 private:
  static Channel& of(void* context) { return *static_cast<Channel*>(context); }
  bool connect();
  void disconnect();
  bool write(const std::uint8_t* bytes, std::size_t size, std::uint32_t deadline_ms);
  int read(std::uint8_t* into, std::size_t room, std::uint32_t deadline_ms);
  [[nodiscard]] std::uint32_t now_ms() const;
  // The time of the server's clock at a deadline of the port.
  [[nodiscard]] rpc::Time time_of(std::uint32_t deadline_ms) const;

  Server::State& server_;
  mote_port port_;
  Link* link_ = nullptr;
  std::size_t bytes_per_ms_ = SIZE_MAX;
  bool refuses_ = false;
};

}  // namespace mote::testing
