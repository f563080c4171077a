// The answer to GET /, for a person with curl or a browser: it lists the methods that are served.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "mote/rpc/service_table.h"

namespace mote::lean {

class ServicePage {
 public:
  // Methods that do not fit are left out; a last line then shows it.
  static constexpr std::size_t kBytes = 2048;

  // `program` is the name of the program, which is cut to its first 64 bytes.
  ServicePage(std::string_view program, const rpc::ServiceTable& services);

  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

 private:
  void add(std::string_view text);
  // Adds the line of a method. Returns false if it does not fit.
  [[nodiscard]] bool add_method(std::string_view path);

  std::array<char, kBytes> text_{};
  std::size_t size_ = 0;
};

}  // namespace mote::lean
