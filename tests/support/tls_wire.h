// The bytes between a tls::Session and OpenSSL's client in memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "support/cmocka_test.h"
#include "support/openssl_client.h"
#include "tls/session.h"

namespace mote::test {

struct Wire final : tls::Records {
  OpensslClient::Pipe to_server;
  OpensslClient::Pipe to_client;
  std::size_t most_at_once = SIZE_MAX;  // that receive() returns

  std::size_t receive(MutableBytes to) override {
    const std::size_t size = std::min({to.size(), to_server.size(), most_at_once});
    std::copy_n(to_server.begin(), size, to.begin());
    to_server.erase(to_server.begin(), to_server.begin() + static_cast<std::ptrdiff_t>(size));
    return size;
  }
  void send(Bytes bytes) override { to_client.insert(to_client.end(), bytes.begin(), bytes.end()); }

  // The bytes of the next record if all of it is there; 0 otherwise.
  [[nodiscard]] std::size_t whole_record() const {
    if (to_server.size() < tls::kRecordHeaderBytes) return 0;
    const std::size_t size = tls::kRecordHeaderBytes + to_server[3] * 256U + to_server[4];
    return size <= to_server.size() ? size : 0;
  }
};

// Runs the handshake to its end.
inline tls::Session::Handshake run_handshake(
    tls::Session& session, OpensslClient& client, Wire& wire, const std::function<void()>& after_step = [] {}) {
  for (int i = 0; i < 500; ++i) {
    client.turn(wire.to_client, wire.to_server);
    const tls::Session::Handshake step = session.step(wire);
    after_step();
    if (step == tls::Session::Handshake::Over || step == tls::Session::Handshake::Failed) {
      client.turn(wire.to_client, wire.to_server);
      return step;
    }
  }
  fail_msg("the handshake does not end");
  return tls::Session::Handshake::Waits;
}

}  // namespace mote::test
