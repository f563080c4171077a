#include "services/health.h"

#include <array>

#include "health.pb.h"
#include "mote/rpc/handler.h"
#include "mote/rpc/server.h"

namespace mote::services {
namespace {

using Request = grpc_health_v1_HealthCheckRequest;
using Response = grpc_health_v1_HealthCheckResponse;
using ServingStatus = grpc_health_v1_HealthCheckResponse_ServingStatus;

bool known(const rpc::Server& server, const mote_bytes& name) {
  if (mote_bytes_size(&name) == 0) return true;
  for (const rpc::Service& service : server.services.services()) {
    if (codec::equal(name, service.name)) return true;
  }
  return false;
}

ServingStatus serving(const rpc::Server& server) {
  return server.shutting_down ? grpc_health_v1_HealthCheckResponse_ServingStatus_NOT_SERVING
                              : grpc_health_v1_HealthCheckResponse_ServingStatus_SERVING;
}

rpc::Status check(rpc::Call& call, const Request& request, Response& response) {
  if (!known(call.server(), request.service)) {
    return call.fail(rpc::StatusCode::NotFound, "unknown service ", request.service);
  }
  response.status = serving(call.server());
  return {};
}

// The set of services is constant, so the shutdown is the only change to report.
class Watch {
 public:
  using Request = services::Request;

  void on_message(rpc::Call& call, const Request& request) {
    known_ = known(call.server(), request.service);
    if (!call.send(Response{known_ ? serving(call.server())
                                   : grpc_health_v1_HealthCheckResponse_ServingStatus_SERVICE_UNKNOWN})) {
      return;
    }
    sent_not_serving_ = call.server().shutting_down;
    on_ready(call);
  }

  void on_ready(rpc::Call& call) {
    if (!call.server().shutting_down || call.finished()) return;
    if (known_ && !sent_not_serving_ && !call.send(Response{serving(call.server())})) return;
    sent_not_serving_ = true;
    call.finish({rpc::StatusCode::Unavailable, "the server shuts down"});
  }

 private:
  bool known_ = false;
  bool sent_not_serving_ = false;
};

constexpr std::array<rpc::Method, 2> kMethods = {
    rpc::unary<check>("/grpc.health.v1.Health/Check"),
    rpc::server_streaming<Watch>("/grpc.health.v1.Health/Watch"),
};
constexpr rpc::Service kHealth = {"grpc.health.v1.Health", kMethods};

}  // namespace

const rpc::Service& health() {
  return kHealth;
}

}  // namespace mote::services
