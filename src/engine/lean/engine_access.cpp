// Who may connect and call (access.h): at the start, and after SIGHUP.
#include <chrono>

#include "engine/lean/engine.h"
#include "engine/log.h"
#include "tls/memory.h"

namespace mote::lean {

namespace {

using engine::LogLevel;
using engine::LogLine;

constexpr Time kCertificateInterval = std::chrono::hours(24);
// From here on, the line about the certificate is a warning.
constexpr int kFewDays = 30;

void note_kept(std::string_view reason) {
  LogLine(LogLevel::Error, "access-kept", engine::LogRate::Operator).field("reason", reason);
}

}  // namespace

std::string Engine::start_access() {
  if (limits_.tls) {
    std::string error = start_tls();
    if (!error.empty()) return error;
  }
  if (limits_.access_bytes == 0) return {};
  const tls::LoadError error = access_.load(arena_->take(limits_.access_bytes), access_texts_, limits_.tls);
  if (!error.text.empty()) return std::string(error.setting) + ": " + std::string(error.text);
  core_->access = &access_;
  if (!limits_.tls) return {};
  tls_->context = &access_.context();
  certificate_due_ = core_->now;  // In the first turn: the lines of the start come first.
  return {};
}

std::string Engine::start_tls() {
  const std::size_t connections = slots_.size();
  const std::size_t handshakes = limits_.tls_handshakes;
  tls_connections_ = arena_->take_array<TlsConnection>(connections);
  const MutableBytes pool =
      arena_->take(connections * tls::kConnectionPoolBytes + handshakes * tls::kHandshakePoolBytes +
                   tls::kStepPoolBytes + 2 * tls::kContextPoolBytes);
  if (!tls::take_memory(pool, arena_->take(handshakes * tls::record_place_bytes())))
    return "cannot start the cryptography of TLS";
  tls_.emplace(TlsShared{
      .context = nullptr,
      .buffers = {.in = arena_->take(mote_tls_in_buffer_bytes()).data(),
                  .out = arena_->take(mote_tls_out_buffer_bytes()).data()},
      .arrived = arena_->take(tls::kMostRecordBytes),
      .opened = arena_->take(TlsShared::kOpenedBytes),
      .sealed = arena_->take(TlsShared::kSealedBytes),
      .places = HandshakePlaces(handshakes),
      .share = HandshakeShare(limits_.tls_handshake_percent),
  });
  return {};
}

// Every error keeps the version at hand.
void Engine::take_access(const std::optional<engine::AccessSizes>& sizes) {
  if (!sizes) return note_kept("the files have more than twice their size at the start: restart the gateway");
  const bool certificate = sizes->sizes[static_cast<std::size_t>(engine::AccessPart::Certificate)] != 0;
  if (limits_.tls && !certificate)
    return note_kept("no listener has TLS in the new configuration: restart the gateway");
  const tls::LoadError error = access_.replace(*sizes, limits_.tls);
  if (!error.text.empty()) return note_kept(error.text);
  if (limits_.tls) {
    tls_->context = &access_.context();
    report_certificate();
    end_connections_without_access();
  }
  LogLine(LogLevel::Info, "access-changed", engine::LogRate::Operator);
}

// Their calls end as usual.
void Engine::end_connections_without_access() {
  core_->addresses.each_row([&](const AddressRow& row) {
    for (IdlePlace* place = row.connections.first(); place != nullptr;) {
      IdlePlace* next = row.connections.after(*place);
      Connection& connection = connection_of(*place);
      if (connection.encrypted() && !access_.admits(connection.identity())) connection.drain();
      place = next;
    }
  });
}

void Engine::report_certificate() {
  certificate_due_ = core_->now + kCertificateInterval;
  const int days = access_.context().days_left();
  LogLine line(days < kFewDays ? LogLevel::Warn : LogLevel::Info, "certificate", engine::LogRate::Operator);
  if (days < 0) {
    line.field("expired_days_ago", static_cast<std::uint64_t>(-days));
  } else {
    line.field("days_left", static_cast<std::uint64_t>(days));
  }
}

}  // namespace mote::lean
