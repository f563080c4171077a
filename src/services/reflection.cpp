#include "services/reflection.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "grpc/reflection/v1/reflection.mote.h"
#include "grpc/reflection/v1alpha/reflection.mote.h"
#include "services/descriptor_search.h"

namespace mote::services {
namespace {

using descriptors::FileDescriptor;
using ::grpc::reflection::v1::ExtensionRequest;
using ::grpc::reflection::v1::ServerReflectionRequest;
using ::grpc::reflection::v1::ServerReflectionResponse;
using ::grpc::reflection::v1::ServiceResponse;

// A request that waits: a name or two, and what names them.
constexpr std::size_t kMostRequestBytes = 1024;

class Reflection : public ::grpc::reflection::v1::ServerReflectionService<Reflection> {
 public:
  struct ServerReflectionInfo : ServerReflectionInfoCall {
   public:
    void on_message(const ServerReflectionRequest& request);
    void on_half_close();
    void on_ready();

   private:
    void queue(const ServerReflectionRequest& request);
    bool answer_next();

    std::uint32_t waiting_ = 0;
    bool half_closed_ = false;
  };

  rpc::Service alpha_service();
  void describe(std::span<const rpc::Service> services);
  bool answer(ServerReflectionInfo& call, const ServerReflectionRequest& request);

 private:
  void add_file(const FileDescriptor& file);
  void take_file(const FileDescriptor& file);
  const FileDescriptor* file_named(const mote_bytes& name) const;
  const FileDescriptor* file_with(const mote_bytes& symbol) const;
  const FileDescriptor* file_with(const ExtensionRequest& request) const;
  bool take_extensions(const mote_bytes& extended);
  void respond(ServerReflectionResponse& response, const FileDescriptor* file, std::string_view missing,
               const mote_bytes& name);

  std::array<rpc::Method, 1> alpha_methods_{};
  std::vector<ServiceResponse> services_;
  std::vector<const FileDescriptor*> files_;  // Each before its imports, unless another file imports them too.
  std::vector<Extension> extensions_;
  // The content of a response, until it is encoded.
  std::vector<const FileDescriptor*> taken_;
  std::vector<mote_bytes> encoded_;
  std::vector<std::int32_t> numbers_;
};

bool has(const std::vector<const FileDescriptor*>& files, const FileDescriptor* file) {
  return std::find(files.begin(), files.end(), file) != files.end();
}

mote_bytes with_prefix(std::string_view prefix, mote_bytes text) {
  text.head = as_bytes(prefix).data();
  text.head_size = prefix.size();
  return text;
}

void fail(ServerReflectionResponse& response, StatusCode code, const mote_bytes& message) {
  response.which_message_response = grpc_reflection_v1_ServerReflectionResponse_error_response_tag;
  response.message_response.error_response = {.error_code = static_cast<std::int32_t>(code), .error_message = message};
}

rpc::Service Reflection::alpha_service() {
  alpha_methods_ = {rpc::streaming<Reflection, ServerReflectionInfo, ServerReflectionRequest>(
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", rpc::Kind::BidiStreaming)};
  return rpc::service_of(*this, "grpc.reflection.v1alpha.ServerReflection", alpha_methods_,
                         &descriptors::grpc_reflection_v1alpha_reflection_proto);
}

void Reflection::describe(std::span<const rpc::Service> services) {
  services_.clear();
  files_.clear();
  extensions_.clear();
  for (const rpc::Service& service : services) {
    services_.push_back({.name = codec::field_of(service.name)});
    if (service.file != nullptr) add_file(*service.file);
  }
  for (const FileDescriptor* file : files_)
    collect_extensions(*file, extensions_);
  taken_.reserve(files_.size());
  encoded_.reserve(files_.size());
  numbers_.reserve(extensions_.size());
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as files import each other, which cannot be a circle
void Reflection::add_file(const FileDescriptor& file) {
  if (has(files_, &file)) return;
  files_.push_back(&file);
  for (const FileDescriptor* imported : file.imports)
    add_file(*imported);
}

// The same within the memory of a response.
void Reflection::take_file(const FileDescriptor& file) {
  taken_.assign(1, &file);
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    for (const FileDescriptor* imported : taken_[i]->imports) {
      if (!has(taken_, imported)) taken_.push_back(imported);
    }
  }
  encoded_.clear();
  for (const FileDescriptor* taken : taken_)
    encoded_.push_back(mote_bytes_of(taken->bytes.data(), taken->bytes.size()));
}

const FileDescriptor* Reflection::file_named(const mote_bytes& name) const {
  for (const FileDescriptor* file : files_) {
    if (codec::equal(name, file->name)) return file;
  }
  return nullptr;
}

const FileDescriptor* Reflection::file_with(const mote_bytes& symbol) const {
  for (const FileDescriptor* file : files_) {
    if (declares(*file, symbol)) return file;
  }
  return nullptr;
}

const FileDescriptor* Reflection::file_with(const ExtensionRequest& request) const {
  for (const Extension& extension : extensions_) {
    if (extension.number == request.extension_number && codec::equal(request.containing_type, extension.extended))
      return extension.file;
  }
  return nullptr;
}

// False: no file declares the message.
bool Reflection::take_extensions(const mote_bytes& extended) {
  numbers_.clear();
  for (const Extension& extension : extensions_) {
    if (codec::equal(extended, extension.extended)) numbers_.push_back(extension.number);
  }
  return std::any_of(files_.begin(), files_.end(),
                     [&extended](const FileDescriptor* file) { return declares_message(*file, extended); });
}

void Reflection::respond(ServerReflectionResponse& response, const FileDescriptor* file, std::string_view missing,
                         const mote_bytes& name) {
  if (file == nullptr) return fail(response, NotFound, with_prefix(missing, name));
  take_file(*file);
  response.which_message_response = grpc_reflection_v1_ServerReflectionResponse_file_descriptor_response_tag;
  response.message_response.file_descriptor_response = {.file_descriptor_proto = list_of(encoded_)};
}

bool Reflection::answer(ServerReflectionInfo& call, const ServerReflectionRequest& request) {
  ServerReflectionResponse response{};
  response.valid_host = request.host;
  response.has_original_request = true;
  response.original_request = request;
  const auto& wanted = request.message_request;
  switch (request.which_message_request) {
    case grpc_reflection_v1_ServerReflectionRequest_file_by_filename_tag:
      respond(response, file_named(wanted.file_by_filename), "no file ", wanted.file_by_filename);
      break;
    case grpc_reflection_v1_ServerReflectionRequest_file_containing_symbol_tag:
      respond(response, file_with(wanted.file_containing_symbol), "no symbol ", wanted.file_containing_symbol);
      break;
    case grpc_reflection_v1_ServerReflectionRequest_file_containing_extension_tag:
      respond(response, file_with(wanted.file_containing_extension), "no such extension of ",
              wanted.file_containing_extension.containing_type);
      break;
    case grpc_reflection_v1_ServerReflectionRequest_all_extension_numbers_of_type_tag: {
      const mote_bytes& type = wanted.all_extension_numbers_of_type;
      if (!take_extensions(type)) {
        fail(response, NotFound, with_prefix("no message ", type));
        break;
      }
      response.which_message_response = grpc_reflection_v1_ServerReflectionResponse_all_extension_numbers_response_tag;
      response.message_response.all_extension_numbers_response = {.base_type_name = type,
                                                                  .extension_number = list_of(numbers_)};
      break;
    }
    case grpc_reflection_v1_ServerReflectionRequest_list_services_tag:
      response.which_message_response = grpc_reflection_v1_ServerReflectionResponse_list_services_response_tag;
      response.message_response.list_services_response = {.service = list_of(services_)};
      break;
    default:
      fail(response, InvalidArgument, MOTE_TEXT("the request asks for nothing that this server knows"));
  }
  return call.send(response);
}

void Reflection::ServerReflectionInfo::on_message(const ServerReflectionRequest& request) {
  if (waiting_ != 0 || congested()) {
    queue(request);
  } else {
    service().answer(*this, request);
  }
}

void Reflection::ServerReflectionInfo::on_half_close() {
  half_closed_ = true;
  if (waiting_ == 0) finish();
}

void Reflection::ServerReflectionInfo::on_ready() {
  while (waiting_ != 0 && !congested()) {
    if (!answer_next()) return;
  }
  if (half_closed_ && waiting_ == 0) finish();
}

// A request waits as its size and its encoding.
void Reflection::ServerReflectionInfo::queue(const ServerReflectionRequest& request) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): written before it is read
  std::array<std::uint8_t, sizeof(std::uint16_t) + kMostRequestBytes> item;
  const codec::EncodeResult encoded = codec::encode_to(MutableBytes(item).subspan(sizeof(std::uint16_t)), request);
  if (!encoded.ok()) {
    return fail(ResourceExhausted, "a reflection request of more than ", kMostRequestBytes,
                " bytes cannot wait for the responses before it");
  }
  const auto size = static_cast<std::uint16_t>(encoded.size);
  std::memcpy(item.data(), &size, sizeof size);
  if (call().queue(Bytes(item).first(sizeof size + size))) ++waiting_;
}

bool Reflection::ServerReflectionInfo::answer_next() {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): written before it is read
  std::array<std::uint8_t, kMostRequestBytes> bytes;
  std::uint16_t size = 0;
  call().take_queued({reinterpret_cast<std::uint8_t*>(&size), sizeof size});
  call().take_queued(MutableBytes(bytes).first(size));
  --waiting_;
  const mote_piece piece = {nullptr, bytes.data(), size};
  ServerReflectionRequest request;
  return codec::decode(&piece, size, request).ok() && service().answer(*this, request);
}

Reflection& instance() {
  static Reflection reflection;
  return reflection;
}

}  // namespace

std::array<rpc::Service, 2> reflection() {
  return {instance().rpc_service(), instance().alpha_service()};
}

void describe(std::span<const rpc::Service> services) {
  instance().describe(services);
}

}  // namespace mote::services
