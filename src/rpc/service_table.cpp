#include "mote/rpc/service_table.h"

namespace mote::rpc {

const Method* ServiceTable::find_method(std::string_view path) const {
  for (const Service& service : services_) {
    for (const Method& method : service.methods) {
      if (method.path == path) return &method;
    }
  }
  return nullptr;
}

bool ServiceTable::has_service(std::string_view name) const {
  for (const Service& service : services_) {
    if (service.name == name) return true;
  }
  return false;
}

const char* ServiceTable::start(Loop& loop) const {
  for (const Service& service : services_) {
    const char* const error = service.start == nullptr ? nullptr : service.start(service.object, loop);
    if (error != nullptr) return error;
  }
  return nullptr;
}

std::string_view service_of(std::string_view path) {
  if (!path.starts_with('/')) return {};
  const std::size_t end = path.find('/', 1);
  return end == std::string_view::npos ? std::string_view{} : path.substr(1, end - 1);
}

}  // namespace mote::rpc
