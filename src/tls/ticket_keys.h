// The keys of session tickets, with which clients resume a session without certificates. There are two, which take turns.
#pragma once

#include <cstdint>

#include "mbedtls/ssl_ticket.h"

namespace mote::tls {

class TicketKeys {
 public:
  // A ticket can be used for this time; a key makes tickets for as long. Who learns a key can decrypt the resumed sessions of TLS 1.2.
  static constexpr std::uint32_t kLifetimeSeconds = 2 * 60 * 60;

  TicketKeys();
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  // Makes the first keys, in memory of the library. False: there is none.
  [[nodiscard]] bool start();

  // For the library.
  [[nodiscard]] mbedtls_ssl_ticket_context* context() { return &context_; }

 private:
  mbedtls_ssl_ticket_context context_{};
};

}  // namespace mote::tls
