#include "tls/ticket_keys.h"

#include "tls/random.h"

namespace mote::tls {

TicketKeys::TicketKeys() {
  mbedtls_ssl_ticket_init(&context_);
}

TicketKeys::~TicketKeys() {
  mbedtls_ssl_ticket_free(&context_);
}

bool TicketKeys::start() {
  return mbedtls_ssl_ticket_setup(&context_, fill_random, nullptr, MBEDTLS_CIPHER_AES_256_GCM, kLifetimeSeconds) == 0;
}

}  // namespace mote::tls
