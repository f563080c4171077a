#include "engine/refusals.h"

namespace mote::engine {

RefusalText unknown_path(const rpc::ServiceTable& services, std::string_view path) {
  constexpr std::size_t kNameBytes = 200;
  const std::string_view service = rpc::service_of(path);
  RefusalText text;
  if (services.has_service(service)) {
    text.add("unknown method ").add(path.substr(service.size() + 2, kNameBytes)).add(" of service ").add(service);
  } else {
    text.add("unknown service ").add((service.empty() ? path : service).substr(0, kNameBytes));
  }
  return text;
}

RefusalText request_metadata_too_large(const Limits& limits) {
  RefusalText text;
  text.add("request metadata exceeds ").add(limits.max_header_bytes).add(" bytes or ");
  text.add(limits.max_header_fields).add(" fields");
  return text;
}

RefusalText buffers_exhausted(LimitId limit, const Limits& limits) {
  RefusalText text;
  if (limit == LimitId::ConnectionBufferBytes) {
    text.add("this connection's calls hold all of the ").add(limits.connection_buffer_bytes);
  } else {
    text.add("the calls of all connections hold all of the ").add(limits.buffer_bytes);
  }
  text.add(" bytes of buffers: fewer calls at once, or smaller messages");
  return text;
}

}  // namespace mote::engine
