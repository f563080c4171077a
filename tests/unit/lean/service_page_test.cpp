#include "engine/lean/service_page.h"

#include <array>
#include <string>
#include <vector>

#include "services/echo.h"
#include "services/health.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote;
using lean::ServicePage;

void test_every_registered_method_is_listed(void**) {
  const std::array services = {services::echo(), services::health()};
  const ServicePage page("plant-gateway", rpc::ServiceTable(services));
  const std::string text(page.text());
  assert_true(text.starts_with("This is plant-gateway, a gRPC server.\n"));
  for (const rpc::Service& service : services) {
    assert_false(service.methods.empty());
    for (const rpc::Method& method : service.methods)
      assert_true(text.find("\n  " + std::string(method.path.substr(1)) + "\n") != std::string::npos);
  }
  assert_true(text.find("...") == std::string::npos);
}

void test_a_service_that_is_not_registered_is_not_listed(void**) {
  const std::array services = {services::health()};
  const ServicePage page("plant-gateway", rpc::ServiceTable(services));
  assert_true(page.text().find("grpc.health.v1.Health/Check") != std::string_view::npos);
  assert_true(page.text().find("echo.Echo") == std::string_view::npos);
}

void test_methods_that_do_not_fit_are_omitted(void**) {
  const std::vector<rpc::Service> services(100, services::echo());
  const ServicePage page(std::string(5000, 'a'), rpc::ServiceTable(services));
  assert_true(page.text().size() <= ServicePage::kBytes);
  assert_true(page.text().ends_with("\n  ...\n"));
}

// A method is listed as long as its line and the one about more fit behind it, wherever the page ends.
void test_a_page_is_filled_to_its_last_method(void**) {
  const std::vector<rpc::Service> services(100, services::echo());
  for (std::size_t size = 1; size <= 64; ++size) {
    const std::string name(size, 'p');
    std::string wanted = "This is " + name;
    wanted += ", a gRPC server.\n\nIt speaks gRPC over HTTP/2. Call these methods with a gRPC client:\n\n";
    const std::string more = "  ...\n";
    for (std::size_t i = 0;; ++i) {
      const rpc::Service& service = services[i / services[0].methods.size()];
      const std::string line = "  " + std::string(service.methods[i % service.methods.size()].path.substr(1)) + "\n";
      if (wanted.size() + line.size() + more.size() > ServicePage::kBytes) break;
      wanted += line;
    }
    assert_true(ServicePage(name, rpc::ServiceTable(services)).text() == wanted + more);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_every_registered_method_is_listed),
      cmocka_unit_test(test_a_service_that_is_not_registered_is_not_listed),
      cmocka_unit_test(test_methods_that_do_not_fit_are_omitted),
      cmocka_unit_test(test_a_page_is_filled_to_its_last_method),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
