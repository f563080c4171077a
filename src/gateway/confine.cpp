#include "gateway/confine.h"

#include <sys/un.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace mote::gateway {
namespace {

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash + 1));
}

void add_folders_of_file(const std::string& path, std::vector<std::string>& folders) {
  folders.push_back(folder_of(path));
  const std::unique_ptr<char, decltype(&std::free)> target(::realpath(path.c_str(), nullptr), &std::free);
  if (target) folders.push_back(folder_of(target.get()));
}

void add_folder_of_socket(const engine::Address& address, std::vector<std::string>& folders) {
  if (address.family() != AF_UNIX) return;
  folders.push_back(folder_of(reinterpret_cast<const sockaddr_un*>(address.pointer())->sun_path));
}

template <class From, class To>
void add(std::span<const From> from, std::vector<To>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

sandbox::Rules sandbox_rules(std::span<const std::string> files, std::span<const engine::Address> addresses,
                             const rpc::ServiceTable& table, const engine::Address* http) {
  sandbox::Rules rules;
  for (const std::string& file : files)
    add_folders_of_file(file, rules.files.readable);
  for (const engine::Address& address : addresses)
    add_folder_of_socket(address, rules.files.removable);
  if (http != nullptr) add_folder_of_socket(*http, rules.files.removable);
  for (const rpc::Service& service : table.services()) {
    add(service.needs.system_calls, rules.system_calls);
    add(service.needs.readable, rules.files.readable);
    add(service.needs.writable, rules.files.writable);
  }
  return rules;
}

engine::FixedText<240> sandbox_text(const sandbox::Entered& entered) {
  engine::FixedText<240> text;
  if (entered.system_calls_error == 0) {
    text.add("sandbox: system calls are filtered");
  } else {
    text.add("sandbox: system calls are not filtered (").add(std::strerror(entered.system_calls_error)).add(")");
  }
  if (entered.files.landlock_version != 0) {
    text.add(", files are restricted (Landlock ");
    text.add(static_cast<std::uint64_t>(entered.files.landlock_version)).add(")");
  } else {
    text.add(", files are not restricted (").add(std::strerror(entered.files.error)).add(")");
  }
  return text;
}

}  // namespace mote::gateway
