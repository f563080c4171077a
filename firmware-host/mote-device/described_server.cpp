#include "mote-device/described_server.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "mote-device/field_reader.h"
#include "mote-device/field_writer.h"

namespace mote::tool {
namespace {

constexpr std::uint32_t kConnectMs = 5000;

// Fields of ServerReflectionRequest and ServerReflectionResponse (reflection.proto).
constexpr std::uint32_t kFileByName = 3;
constexpr std::uint32_t kFileWithSymbol = 4;
constexpr std::uint32_t kListServices = 7;
constexpr std::uint32_t kFileResponse = 4;
constexpr std::uint32_t kListResponse = 6;
constexpr std::uint32_t kErrorResponse = 7;

constexpr const char* kPaths[] = {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                  "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"};

Bytes bytes_of(const mote_stretch& stretch) {
  return {stretch.data, stretch.size};
}

}  // namespace

DescribedServer::DescribedServer(const Options& options) : options_of_user_(options), memory_(3 * kMostBytes) {
}

bool DescribedServer::prepare(std::FILE* errors) {
  if (!link_.prepare(options_of_user_, errors)) return false;
  options_.authority = link_.authority();
  options_.connect_timeout_ms = std::min(options_of_user_.deadline_ms, kConnectMs);
  options_.seed = static_cast<std::uint32_t>(::getpid());
  const MutableBytes replies = memory_.bytes().subspan(kReplies, kMostBytes);
  client_memory_ = {.input = {input_.data(), input_.size()},
                    .output = {output_.data(), output_.size()},
                    .scratch = {scratch_.data(), scratch_.size()},
                    .messages = {replies.data(), replies.size()},
                    .text = {text_.data(), text_.size()}};
  mote_client_init(&client_, &link_.port(), &options_, &client_memory_);
  ready_ = true;
  return true;
}

DescribedServer::~DescribedServer() {
  if (ready_) mote_client_close(&client_);
}

bool DescribedServer::fail(std::string_view error) {
  const std::size_t size = std::min(error.size(), error_text_.size());
  error.copy(error_text_.data(), size);
  error_ = {error_text_.data(), size};
  return false;
}

bool DescribedServer::fail_as_call() {
  status_ = mote_call_status(&client_);
  const ServerLink::Reason reason = link_.reason();
  return fail(status_ == MOTE_UNAVAILABLE && reason[0] != '\0' ? reason.data() : mote_call_status_text(&client_));
}

mote_call DescribedServer::call_to(const char* path) const {
  mote_call call = mote_call_to(path, nullptr);
  call.timeout_ms = options_of_user_.deadline_ms;
  call.metadata = options_of_user_.metadata.data();
  call.metadata_count = options_of_user_.metadata_count;
  return call;
}

bool DescribedServer::ask(std::uint32_t field, std::string_view text, mote_stretch& response) {
  if (exchange(field, text, response)) return true;
  if (alpha_ || status_ != MOTE_UNIMPLEMENTED) return false;
  alpha_ = true;
  if (exchange(field, text, response)) return true;
  if (status_ == MOTE_UNIMPLEMENTED) fail("the server has no reflection, or it is turned off");
  return false;
}

// A call for each request: few are needed, and the client has one call at a time.
bool DescribedServer::exchange(std::uint32_t field, std::string_view text, mote_stretch& response) {
  FieldWriter request(request_memory());
  request.text(field, text);
  if (request.overflowed()) return fail("the name is too long");
  const mote_call call = call_to(kPaths[alpha_ ? 1 : 0]);
  const bool sent = mote_call_start(&client_, &call) &&
                    mote_call_send(&client_, request.written().data(), request.written().size(), true);
  if (!sent || mote_call_receive(&client_, &response, MOTE_TO_DEADLINE) != MOTE_MESSAGE) {
    if (mote_call_status(&client_) != MOTE_OK) return fail_as_call();
    return fail("the server's reflection gave no answer");
  }
  return !refused(bytes_of(response));
}

bool DescribedServer::refused(Bytes response) {
  FieldReader reader(response);
  for (EncodedField field; reader.take(field);) {
    if (field.number != kErrorResponse) continue;
    std::string_view text;
    FieldReader error(field.bytes);
    for (EncodedField part; error.take(part);) {
      if (part.number == 1) status_ = static_cast<mote_status>(part.value);
      if (part.number == 2) text = as_text(part.bytes);
    }
    fail(text);
    return true;
  }
  return false;
}

bool DescribedServer::list(void (*put)(void* context, std::string_view name), void* context) {
  mote_stretch response{};
  if (!ask(kListServices, "", response)) return false;
  FieldReader reader(bytes_of(response));
  for (EncodedField field; reader.take(field);) {
    if (field.number != kListResponse) continue;
    FieldReader services(field.bytes);
    for (EncodedField service; services.take(service);) {
      FieldReader parts(service.bytes);
      for (EncodedField part; parts.take(part);) {
        if (part.number == 1) put(context, as_text(part.bytes));
      }
    }
  }
  return true;
}

bool DescribedServer::fetch(std::string_view symbol) {
  mote_stretch response{};
  if (!ask(kFileWithSymbol, symbol, response) || !take_files(bytes_of(response))) return false;
  // Some servers send the file without its imports.
  for (std::string_view missing = schema_.missing_import(); !missing.empty(); missing = schema_.missing_import()) {
    if (!ask(kFileByName, missing, response) || !take_files(bytes_of(response))) return false;
    if (!schema_.has(missing)) return fail("the server sends another file than the one that was asked for");
  }
  return true;
}

bool DescribedServer::take_files(Bytes response) {
  const MutableBytes memory = memory_.bytes().subspan(kFiles, kMostBytes);
  FieldReader reader(response);
  for (EncodedField field; reader.take(field);) {
    if (field.number != kFileResponse) continue;
    FieldReader files(field.bytes);
    for (EncodedField file; files.take(file);) {
      if (file.number != 1) continue;
      const MutableBytes place = memory.subspan(file_bytes_);
      if (file.bytes.size() > place.size()) return fail("the server's descriptors are larger than 4 MiB");
      std::copy(file.bytes.begin(), file.bytes.end(), place.begin());
      if (!schema_.add(place.first(file.bytes.size()))) return fail("the server has more than 256 files");
      file_bytes_ += file.bytes.size();
    }
  }
  return true;
}

mote_status DescribedServer::call(const char* path, Bytes request, void (*put)(void* context, Bytes message),
                                  void* context) {
  const mote_call call = call_to(path);
  if (mote_call_start(&client_, &call) && mote_call_send(&client_, request.data(), request.size(), true)) {
    mote_stretch message{};
    while (mote_call_receive(&client_, &message, MOTE_TO_DEADLINE) == MOTE_MESSAGE)
      put(context, bytes_of(message));
  }
  fail_as_call();
  return status_;
}

}  // namespace mote::tool
