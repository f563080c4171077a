#include "engine/lean/service_page.h"

#include <algorithm>

namespace mote::lean {

namespace {

constexpr std::string_view kIntroduction =
    ", a gRPC server.\n"
    "\n"
    "It speaks gRPC over HTTP/2. Call these methods with a gRPC client:\n"
    "\n";
constexpr std::size_t kMostName = 64;
constexpr std::string_view kIndent = "  ";
constexpr std::string_view kMore = "  ...\n";

}  // namespace

ServicePage::ServicePage(std::string_view program, const rpc::ServiceTable& services) {
  add("This is ");
  add(program.substr(0, kMostName));
  add(kIntroduction);
  for (const rpc::Service& service : services.services()) {
    for (const rpc::Method& method : service.methods) {
      if (add_method(method.path)) continue;
      add(kMore);
      return;
    }
  }
}

void ServicePage::add(std::string_view text) {
  std::copy(text.begin(), text.end(), text_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += text.size();
}

bool ServicePage::add_method(std::string_view path) {
  path.remove_prefix(1);  // The '/' of the :path.
  if (size_ + kIndent.size() + path.size() + 1 + kMore.size() > kBytes) return false;
  add(kIndent);
  add(path);
  add("\n");
  return true;
}

}  // namespace mote::lean
