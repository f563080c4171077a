// The declarations of the .proto files that a server describes (google/protobuf/descriptor.proto). They stay encoded: a search walks
// through all files. Uses no heap; the files lie in memory of the caller.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mote/span.h"

namespace mote::tool {

// FieldDescriptorProto.Type.
enum class FieldType : std::uint8_t {
  Double = 1,
  Float,
  Int64,
  Uint64,
  Int32,
  Fixed64,
  Fixed32,
  Bool,
  String,
  Group,
  Message,
  Bytes,
  Uint32,
  Enum,
  Sfixed32,
  Sfixed64,
  Sint32,
  Sint64
};

// FieldDescriptorProto, or EnumValueDescriptorProto.
struct FieldInfo {
  std::string_view name;
  std::string_view json_name;  // Empty: it follows from the name.
  std::string_view type_name;  // Of a message or an enum, without the leading dot.
  std::int32_t number = 0;
  FieldType type = FieldType::Int32;
  bool repeated = false;
  bool optional = false;    // proto3 optional
  std::int32_t oneof = -1;  // The index of its oneof.
};

// MethodDescriptorProto.
struct MethodInfo {
  std::string_view name;
  std::string_view input;  // The full names of messages.
  std::string_view output;
  bool streams_requests = false;
  bool streams_replies = false;
};

// A message, enum or service.
struct Declaration {
  enum class Kind : std::uint8_t { Message, Enum, Service };
  Kind kind = Kind::Message;
  Bytes bytes{};  // Its descriptor.
};

// Walks through the fields of a message or the values of an enum.
class Fields {
 public:
  explicit Fields(Declaration of) : rest_(of.bytes), kind_(of.kind) {}
  bool take(FieldInfo& field);

 private:
  Bytes rest_;
  Declaration::Kind kind_;
};

// Walks through the methods of a service.
class Methods {
 public:
  explicit Methods(Declaration service) : rest_(service.bytes) {}
  bool take(MethodInfo& method);

 private:
  Bytes rest_;
};

// The name of the oneof with this index.
std::string_view oneof_name(Declaration message, std::int32_t index);
// Whether the message is the entry of a map field (MessageOptions.map_entry).
bool is_map_entry(Declaration message);
// Whether `typed` is the field's name, in the .proto file or in JSON.
bool is_name_of(const FieldInfo& field, std::string_view typed);
// Calls `put(context, letter)` for each letter of the name in JSON.
void each_json_letter(const FieldInfo& field, void (*put)(void* context, char letter), void* context);

class Schema {
 public:
  static constexpr std::size_t kMostFiles = 256;

  // Adds a FileDescriptorProto, unless there is one of its name. False: there are too many. The bytes must outlive the schema.
  [[nodiscard]] bool add(Bytes file);
  [[nodiscard]] bool has(std::string_view file_name) const;
  // An imported file that is not there; empty: none.
  [[nodiscard]] std::string_view missing_import() const;

  // A declaration by its full name.
  [[nodiscard]] std::optional<Declaration> find(std::string_view name) const;
  // A method of a service.
  [[nodiscard]] static std::optional<MethodInfo> find_method(Declaration service, std::string_view name);

 private:
  std::array<Bytes, kMostFiles> files_{};
  std::size_t count_ = 0;
};

}  // namespace mote::tool
