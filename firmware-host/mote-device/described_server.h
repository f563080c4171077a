// A server that describes itself by reflection (grpc.reflection.v1, or v1alpha of older servers), and one call at a time to it.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "mote-device/options.h"
#include "mote-device/payload.h"
#include "mote-device/schema.h"
#include "mote-device/server_link.h"
#include "mote/device.h"

namespace mote::tool {

class DescribedServer {
 public:
  // Messages in each direction, and all descriptors, may have this size.
  static constexpr std::size_t kMostBytes = std::size_t{4} * 1024 * 1024;

  // Calls have the metadata and the deadline of `options`, which must outlive this object.
  explicit DescribedServer(const Options& options);
  ~DescribedServer();
  DescribedServer(const DescribedServer&) = delete;
  DescribedServer& operator=(const DescribedServer&) = delete;

  // False: there is not enough memory for this object.
  [[nodiscard]] bool has_memory() const { return memory_.taken(); }
  // Does not connect. False: the files of TLS cannot be used; one line on `errors` has the reason.
  [[nodiscard]] bool prepare(std::FILE* errors);

  // Calls `put(context, name)` for each service. False: error() says why.
  bool list(void (*put)(void* context, std::string_view name), void* context);
  // Adds the file that declares a symbol, and its imports, to schema().
  bool fetch(std::string_view symbol);
  [[nodiscard]] const Schema& schema() const { return schema_; }

  // Memory for a message to send.
  [[nodiscard]] MutableBytes request_memory() const { return memory_.bytes().subspan(kRequest, kMostBytes); }
  // Calls a method with one request, and `put(context, message)` for each reply. Returns the status.
  mote_status call(const char* path, Bytes request, void (*put)(void* context, Bytes message), void* context);

  // The status of the last call, or what the server answered.
  [[nodiscard]] mote_status status() const { return status_; }
  [[nodiscard]] std::string_view error() const { return error_; }

 private:
  static constexpr std::size_t kReplies = 0;
  static constexpr std::size_t kRequest = kMostBytes;
  static constexpr std::size_t kFiles = 2 * kMostBytes;

  // Asks with the version of reflection that the server supports.
  bool ask(std::uint32_t field, std::string_view text, mote_stretch& response);
  bool exchange(std::uint32_t field, std::string_view text, mote_stretch& response);
  bool take_files(Bytes response);
  bool refused(Bytes response);
  bool fail(std::string_view error);
  bool fail_as_call();
  [[nodiscard]] mote_call call_to(const char* path) const;

  const Options& options_of_user_;
  Memory memory_;
  std::size_t file_bytes_ = 0;
  Schema schema_;
  bool ready_ = false;
  bool alpha_ = false;
  mote_status status_ = MOTE_OK;
  std::string_view error_;
  std::array<char, 1024> error_text_{};
  std::array<std::uint8_t, std::size_t{64} * 1024> input_{};
  std::array<std::uint8_t, std::size_t{64} * 1024> output_{};
  std::array<std::uint8_t, std::size_t{8} * 1024> scratch_{};
  std::array<std::uint8_t, 1024> text_{};
  ServerLink link_;
  mote_options options_{};
  mote_memory client_memory_{};
  mote_client client_{};
};

}  // namespace mote::tool
