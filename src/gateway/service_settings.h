// The configuration keys of services, as settings of the gateway.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gateway/config.h"
#include "mote/rpc/service_table.h"

namespace mote::gateway {

// Adds the keys of the services to settings(), each service in a group of its name. Once for a program, before its
// configuration is read. Returns an error, or an empty text.
std::string add_service_settings(std::span<const rpc::Service> services);

// An error if no service has a method with this path, where "/package.Service/*" is every method of a service. Before
// add_service_settings(), every path of that form is one.
std::string check_method(std::string_view path);

// Sets the variables of the services to their configured values.
void apply_service_settings(const Config& config);

}  // namespace mote::gateway
