#include "mote/testing/fake_server.h"

#include <string>

#include "testing/fail_test.h"

namespace mote::testing {

FakeServer::FakeServer(std::span<const rpc::Service> services)
    : services_(services.begin(), services.end()), server_{.services = rpc::ServiceTable(services_)} {
}

MethodCall FakeServer::start(std::string_view path) const {
  const rpc::Method* const method = server_.services.find_method(path);
  if (method == nullptr) fail_test("no service has the method " + std::string(path));
  return {*method, server_};
}

}  // namespace mote::testing
