#include "services/reflection.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <iterator>
#include <string>

#include "grpc/reflection/v1/reflection.mote.h"
#include "grpc/reflection/v1alpha/reflection.mote.h"
#include "reflection_wire.mote.h"
#include "services/descriptor_search.h"

namespace mote::services {
namespace {

using descriptors::FileDescriptor;
using reflection_wire::Request;
using reflection_wire::Response;

// A request that waits: a name or two, and what names them.
constexpr std::size_t kMostRequestBytes = 1024;

// The tag and the size in front of a field of text, bytes or a message, or of packed numbers.
class FieldHead {
 public:
  FieldHead() = default;
  FieldHead(unsigned number, std::size_t size) {
    put(number << 3U | 2U);
    for (; size >= kMore; size >>= 7U)
      put(size | kMore);
    put(size);
  }
  [[nodiscard]] Bytes bytes() const { return Bytes(bytes_).first(size_); }

 private:
  static constexpr std::size_t kMore = 0x80;

  void put(std::size_t byte) { bytes_[size_++] = static_cast<std::uint8_t>(byte); }

  std::array<std::uint8_t, 6> bytes_{};
  std::uint8_t size_ = 0;
};

mote_piece piece_of(Bytes bytes, const mote_piece* next) {
  return {next, bytes.data(), bytes.size()};
}

mote_bytes with_prefix(Bytes prefix, mote_bytes text) {
  text.head = prefix.data();
  text.head_size = prefix.size();
  return text;
}

void fail(Response& response, StatusCode code, const mote_bytes& message) {
  response.which_answer = mote_reflection_wire_Response_error_tag;
  response.answer.error = {.code = static_cast<std::int32_t>(code), .message = message};
}

class Reflection {
 public:
  struct Info : rpc::BidiStreamingCall<Reflection, Response> {
   public:
    void on_message(const Request& request);
    void on_half_close();
    void on_ready();

   private:
    void queue(const Request& request);
    bool answer_next();

    std::uint32_t waiting_ = 0;
    bool half_closed_ = false;
  };

  std::array<rpc::Service, kReflectionServices> services();
  void describe(std::span<const rpc::Service> services);
  bool answer(Info& call, const Request& request);

 private:
  // A file, which is also a part of the content of a response until that is encoded.
  struct File {
    const FileDescriptor* descriptor;
    FieldHead head;
    std::array<mote_piece, 2> pieces{};
    File* next = nullptr;
    bool taken = false;
  };

  void add_file(const FileDescriptor& descriptor);
  File* find(const FileDescriptor& descriptor);
  File* file_named(const mote_bytes& name);
  File* file_with(const mote_bytes& symbol);
  File* file_with(const reflection_wire::Extension& wanted);
  mote_bytes with_imports(File& first);
  void respond(Response& response, File* file, std::string_view missing, const mote_bytes& name);
  void respond_numbers(Response& response, const mote_bytes& type);

  std::array<rpc::Method, kReflectionServices> methods_{};
  std::string service_names_;  // Encoded, as a ListServiceResponse.
  std::forward_list<File> files_;
  std::forward_list<Extension> extensions_;
  // Of a response with extension numbers, until it is encoded: the name of the type, the head of the numbers and the numbers.
  FieldHead type_head_;
  FieldHead numbers_head_;
  std::array<mote_piece, 3> numbers_pieces_{};
  std::string numbers_;
};

std::array<rpc::Service, kReflectionServices> Reflection::services() {
  using rpc::Kind::BidiStreaming;
  methods_ = {rpc::streaming<Reflection, Info, Request>("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                                        BidiStreaming),
              rpc::streaming<Reflection, Info, Request>(
                  "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", BidiStreaming)};
  const std::span methods(methods_);
  return {rpc::service_of(*this, "grpc.reflection.v1.ServerReflection", methods.first(1),
                          &descriptors::grpc_reflection_v1_reflection_proto),
          rpc::service_of(*this, "grpc.reflection.v1alpha.ServerReflection", methods.last(1),
                          &descriptors::grpc_reflection_v1alpha_reflection_proto)};
}

void Reflection::describe(std::span<const rpc::Service> services) {
  service_names_.clear();
  files_.clear();
  extensions_.clear();
  for (const rpc::Service& service : services) {
    const FieldHead name(1, service.name.size());
    const FieldHead message(1, name.bytes().size() + service.name.size());
    service_names_.append(as_text(message.bytes())).append(as_text(name.bytes())).append(service.name);
    if (service.file != nullptr) add_file(*service.file);
  }
  for (const File& file : files_)
    collect_extensions(*file.descriptor, extensions_);
  constexpr std::size_t kMostBytes = 5;  // Of a field number.
  const auto extensions = static_cast<std::size_t>(std::distance(extensions_.begin(), extensions_.end()));
  numbers_.reserve(kMostBytes * extensions);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as files import each other, which cannot be a circle
void Reflection::add_file(const FileDescriptor& descriptor) {
  if (find(descriptor) != nullptr) return;
  files_.push_front({.descriptor = &descriptor, .head = FieldHead(1, descriptor.bytes.size())});
  for (const FileDescriptor* imported : descriptor.imports)
    add_file(*imported);
}

Reflection::File* Reflection::find(const FileDescriptor& descriptor) {
  for (File& file : files_) {
    if (file.descriptor == &descriptor) return &file;
  }
  return nullptr;
}

Reflection::File* Reflection::file_named(const mote_bytes& name) {
  for (File& file : files_) {
    if (codec::equal(name, file.descriptor->name)) return &file;
  }
  return nullptr;
}

Reflection::File* Reflection::file_with(const mote_bytes& symbol) {
  for (File& file : files_) {
    if (declares(*file.descriptor, symbol)) return &file;
  }
  return nullptr;
}

Reflection::File* Reflection::file_with(const reflection_wire::Extension& wanted) {
  for (const Extension& extension : extensions_) {
    if (extension.number == wanted.number && codec::equal(wanted.type, extension.extended))
      return find(*extension.file);
  }
  return nullptr;
}

// A FileDescriptorResponse with the file and all that it imports.
mote_bytes Reflection::with_imports(File& first) {
  for (File& file : files_)
    file.taken = false;
  std::size_t size = 0;
  File* last = nullptr;
  const auto take = [&](File& file) {
    if (file.taken) return;
    file.taken = true;
    file.next = nullptr;
    file.pieces = {piece_of(file.head.bytes(), &file.pieces[1]), piece_of(file.descriptor->bytes, nullptr)};
    size += file.pieces[0].size + file.pieces[1].size;
    if (last != nullptr) {
      last->next = &file;
      last->pieces[1].next = file.pieces.data();
    }
    last = &file;
  };
  take(first);
  for (const File* file = &first; file != nullptr; file = file->next) {
    for (const FileDescriptor* imported : file->descriptor->imports) {
      if (File* const found = find(*imported)) take(*found);
    }
  }
  return {nullptr, first.pieces.data(), 0, 0, size};
}

void Reflection::respond(Response& response, File* file, std::string_view missing, const mote_bytes& name) {
  if (file == nullptr) return fail(response, NotFound, with_prefix(as_bytes(missing), name));
  response.which_answer = mote_reflection_wire_Response_files_tag;
  response.answer.files = with_imports(*file);
}

// An ExtensionNumberResponse.
void Reflection::respond_numbers(Response& response, const mote_bytes& type) {
  const bool declared =
      std::ranges::any_of(files_, [&type](const File& file) { return declares_message(*file.descriptor, type); });
  if (!declared) return fail(response, NotFound, with_prefix(as_bytes("no message "), type));
  numbers_.clear();
  std::string_view extended;
  for (const Extension& extension : extensions_) {
    if (!codec::equal(type, extension.extended)) continue;
    extended = extension.extended;
    auto number = static_cast<std::uint32_t>(extension.number);
    for (; number >= 0x80; number >>= 7U)
      numbers_.push_back(static_cast<char>(number | 0x80U));
    numbers_.push_back(static_cast<char>(number));
  }
  response.which_answer = mote_reflection_wire_Response_extension_numbers_tag;
  type_head_ = FieldHead(1, mote_bytes_size(&type));
  mote_bytes content = type;
  if (!numbers_.empty()) {
    numbers_head_ = FieldHead(2, numbers_.size());
    numbers_pieces_ = {piece_of(as_bytes(extended), &numbers_pieces_[1]),
                       piece_of(numbers_head_.bytes(), &numbers_pieces_[2]), piece_of(as_bytes(numbers_), nullptr)};
    content = {nullptr, numbers_pieces_.data(), 0, 0, extended.size() + numbers_head_.bytes().size() + numbers_.size()};
  }
  response.answer.extension_numbers = with_prefix(type_head_.bytes(), content);
}

bool Reflection::answer(Info& call, const Request& request) {
  Response response{};
  response.valid_host = request.host;
  response.has_original_request = true;
  response.original_request = request;
  const auto& wanted = request.wanted;
  switch (request.which_wanted) {
    case mote_reflection_wire_Request_file_tag:
      respond(response, file_named(wanted.file), "no file ", wanted.file);
      break;
    case mote_reflection_wire_Request_symbol_tag:
      respond(response, file_with(wanted.symbol), "no symbol ", wanted.symbol);
      break;
    case mote_reflection_wire_Request_extension_tag:
      respond(response, file_with(wanted.extension), "no such extension of ", wanted.extension.type);
      break;
    case mote_reflection_wire_Request_extended_type_tag:
      respond_numbers(response, wanted.extended_type);
      break;
    case mote_reflection_wire_Request_services_tag:
      response.which_answer = mote_reflection_wire_Response_services_tag;
      response.answer.services = codec::field_of(service_names_);
      break;
    default:
      fail(response, InvalidArgument, MOTE_TEXT("the request asks for nothing that this server knows"));
  }
  return call.send(response);
}

void Reflection::Info::on_message(const Request& request) {
  if (waiting_ != 0 || congested()) {
    queue(request);
  } else {
    service().answer(*this, request);
  }
}

void Reflection::Info::on_half_close() {
  half_closed_ = true;
  if (waiting_ == 0) finish();
}

void Reflection::Info::on_ready() {
  while (waiting_ != 0 && !congested()) {
    if (!answer_next()) return;
  }
  if (half_closed_ && waiting_ == 0) finish();
}

// A request waits as its size and its encoding.
void Reflection::Info::queue(const Request& request) {
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

bool Reflection::Info::answer_next() {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): written before it is read
  std::array<std::uint8_t, kMostRequestBytes> bytes;
  std::uint16_t size = 0;
  call().take_queued({reinterpret_cast<std::uint8_t*>(&size), sizeof size});
  call().take_queued(MutableBytes(bytes).first(size));
  --waiting_;
  const mote_piece piece = {nullptr, bytes.data(), size};
  Request request;
  return codec::decode(&piece, size, request).ok() && service().answer(*this, request);
}

Reflection& instance() {
  static Reflection reflection;
  return reflection;
}

}  // namespace

std::array<rpc::Service, kReflectionServices> reflection() {
  return instance().services();
}

void describe(std::span<const rpc::Service> services) {
  instance().describe(services);
}

}  // namespace mote::services
