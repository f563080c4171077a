#include "mote/port_tls.h"

#include <cstdint>
#include <new>

#include "tls_layer.h"

using mote::MutableBytes;
using mote::tls_port::TlsLayer;

namespace mote::tls_port {
namespace {

TlsLayer& layer_of(void* context) {
  return *static_cast<TlsLayer*>(context);
}

const TlsLayer& layer_of(const mote_tls& tls) {
  return *static_cast<const TlsLayer*>(tls.state);
}

bool connect(void* context, std::uint32_t deadline_ms) {
  return layer_of(context).connect(deadline_ms);
}

void disconnect(void* context) {
  layer_of(context).disconnect();
}

bool write(void* context, const std::uint8_t* bytes, std::size_t size, std::uint32_t deadline_ms) {
  return layer_of(context).write({bytes, size}, deadline_ms);
}

int read(void* context, std::uint8_t* into, std::size_t room, std::uint32_t deadline_ms) {
  return layer_of(context).read({into, room}, deadline_ms);
}

std::uint32_t now_ms(void* context) {
  const mote_port& below = layer_of(context).below();
  return below.now_ms(below.context);
}

bool entropy(void* context, std::uint8_t* into, std::size_t size) {
  const mote_port& below = layer_of(context).below();
  return below.entropy(below.context, into, size);
}

constexpr mote_port functions_of(void* layer) {
  return {.context = layer,
          .connect = connect,
          .disconnect = disconnect,
          .write = write,
          .read = read,
          .now_ms = now_ms,
          .entropy = entropy};
}

}  // namespace
}  // namespace mote::tls_port

using mote::tls_port::layer_of;

mote_tls_result mote_tls_init(mote_tls* tls, const mote_port* below, const mote_tls_options* options,
                              std::uint8_t* memory, std::size_t size) {
  tls->state = nullptr;
  MutableBytes rest(memory, size);
  const std::size_t skipped =
      (alignof(TlsLayer) - reinterpret_cast<std::uintptr_t>(memory) % alignof(TlsLayer)) % alignof(TlsLayer);
  if (rest.size() < skipped + sizeof(TlsLayer)) return MOTE_TLS_NO_MEMORY;
  rest = rest.subspan(skipped);
  auto* layer = new (rest.data()) TlsLayer(*below, *options, rest.subspan(sizeof(TlsLayer)));
  const mote_tls_result result = layer->start();
  if (result == MOTE_TLS_OK)
    tls->state = layer;
  else
    layer->~TlsLayer();
  return result;
}

mote_port mote_tls_port(mote_tls* tls) {
  return mote::tls_port::functions_of(tls->state);
}

mote_tls_result mote_tls_last_result(const mote_tls* tls) {
  return layer_of(*tls).result();
}

unsigned mote_tls_alert(const mote_tls* tls) {
  return layer_of(*tls).alert();
}

mote_tls_session mote_tls_describe(const mote_tls* tls) {
  return layer_of(*tls).session();
}

std::size_t mote_tls_used_bytes(const mote_tls* tls) {
  return layer_of(*tls).used_bytes();
}

void mote_tls_end(mote_tls* tls) {
  if (tls->state != nullptr) layer_of(tls->state).~TlsLayer();
  tls->state = nullptr;
}
