// What a trusted proxy says about its client (proxy_header.h).
#include <algorithm>

#include "engine/lean/connection.h"
#include "engine/lean/peer.h"
#include "engine/lean/proxy_header.h"

namespace mote::lean {

namespace {

using engine::LimitId;
using HeaderState = ProxyHeader::State;

}  // namespace

engine::AddressText Connection::peer() const {
  const engine::Address peer = client_named_ ? engine::Address{} : peer_address(socket_.descriptor());
  // The kernel forgets the address of a peer that has reset its connection.
  return engine::AddressText(peer.family() == AF_UNSPEC ? address_of(share_.address().key) : peer);
}

rpc::Peer Connection::identity() const {
  rpc::Peer peer;
  if (on_unix_socket) peer.uid = user_of_peer(socket_.descriptor());
#ifdef MOTE_TLS
  if (tls_ == nullptr) return peer;
  peer.encrypted = true;
  const tls::Session& session = tls_->stream.session();
  (session.has_psk() ? peer.psk_identity : peer.certificate_name) = session.name();
#endif
  return peer;
}

bool Connection::take_proxy_header(Bytes& in) {
  if (proxy_header_due_) {
    const ProxyHeader header = read_proxy_header(in);
    if (header.state == HeaderState::Incomplete) {
      keep_input(in);
      return false;
    }
    proxy_header_due_ = false;
    if (header.state == HeaderState::Malformed) {
      refuse_named(http2::ErrorCode::ProtocolError, "malformed PROXY header");
      return false;
    }
    in = in.subspan(header.size);
    proxy_bytes_left_ = header.following;
    if (!name_client(header.client)) return false;
  }
  const auto discarded = std::min<std::size_t>(proxy_bytes_left_, in.size());
  in = in.subspan(discarded);
  proxy_bytes_left_ = static_cast<std::uint16_t>(proxy_bytes_left_ - discarded);
  return !in.empty();
}

// From here on the connection counts for the address of the client. Returns false if it is refused.
bool Connection::name_client(const AddressKey& client) {
  if (client.kind == AddressKey::Kind::None) return true;
  AddressTable& addresses = core_.addresses;
  const AddressRow* known = addresses.find(client);
  const bool full = known != nullptr && known->connection_count >= addresses.connections().most;
  AddressRow& before = share_.address();
  if (!full) {
    AddressRow& row = addresses.row(client);
    addresses.remove(before, *this);
    share_.move_to(row);
    addresses.add(row, *this);
    client_named_ = row.key == client;
#ifdef MOTE_TLS
    if (tls_ != nullptr) tls_->place.count_for(row);
#endif
    return true;
  }
  note_limit(LimitId::MaxConnectionsPerAddress);
  refuse_named(http2::ErrorCode::EnhanceYourCalm, "too many connections");
  return false;
}

// Before TLS, no HTTP/2 tells the reason.
void Connection::refuse_named(http2::ErrorCode code, std::string_view reason) {
#ifdef MOTE_TLS
  if (in_handshake()) return refuse_tls(reason);
#endif
  send_preface();
  http2_.fail(code, reason, out_);
}

}  // namespace mote::lean
