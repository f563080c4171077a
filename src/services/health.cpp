#include "services/health.h"

#include "grpc/health/v1/health.mote.h"
#include "mote/rpc/server.h"

namespace mote::services {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ServingStatus = ::grpc::health::v1::HealthCheckResponse_ServingStatus;
constexpr ServingStatus kServing = ::grpc::health::v1::HealthCheckResponse_SERVING;
constexpr ServingStatus kNotServing = ::grpc::health::v1::HealthCheckResponse_NOT_SERVING;
constexpr ServingStatus kServiceUnknown = ::grpc::health::v1::HealthCheckResponse_SERVICE_UNKNOWN;

bool known(const rpc::Server& server, const mote_bytes& name) {
  if (mote_bytes_size(&name) == 0) return true;
  for (const rpc::Service& service : server.services.services()) {
    if (codec::equal(name, service.name)) return true;
  }
  return false;
}

ServingStatus serving(const rpc::Server& server) {
  return server.shutting_down ? kNotServing : kServing;
}

class Health : public ::grpc::health::v1::HealthService<Health> {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the name of the method
  static Status Check(Call& call, const HealthCheckRequest& request, HealthCheckResponse& response) {
    if (!known(call.server(), request.service)) return call.fail(NotFound, "unknown service ", request.service);
    response.status = serving(call.server());
    return {};
  }

  // The set of services is constant, so the shutdown is the only change to report.
  struct Watch : WatchCall {
   public:
    void on_message(const HealthCheckRequest& request) {
      const bool is_known = known(call().server(), request.service);
      status_ = is_known ? serving(call().server()) : kServiceUnknown;
      if (send({.status = status_}) && call().server().shutting_down) on_shutdown();
    }

    void on_shutdown() {
      if (status_ == kServing && !send({.status = kNotServing})) return;
      fail(Unavailable, "the server shuts down");
    }

   private:
    ServingStatus status_ = kServiceUnknown;
  };
};

}  // namespace

rpc::Service health() {
  static Health service;
  return service.rpc_service();
}

}  // namespace mote::services
