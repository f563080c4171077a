// Decodes echo.proto with protobuf's own code. The interface has plain types, because its echo.pb.h has the same name as nanopb's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace official {

struct Request {
  std::string message;
  std::uint32_t count = 0;
  std::uint32_t interval_ms = 0;
  bool timing = false;

  bool operator==(const Request&) const = default;
};

struct Timing {
  std::uint64_t received_us = 0;
  std::uint64_t sent_us = 0;

  bool operator==(const Timing&) const = default;
};

struct Reply {
  std::string message;
  std::uint32_t number = 0;
  std::optional<Timing> timing;

  bool operator==(const Reply&) const = default;
};

// Nothing when protobuf refuses the bytes.
std::optional<Request> read_request(std::string_view bytes);
std::optional<Reply> read_reply(std::string_view bytes);

std::string write(const Request& request);
std::string write(const Reply& reply);

// Stops protobuf from complaining on stderr about text that is not UTF-8.
void be_quiet();

}  // namespace official
