#include "services/descriptor_search.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "mote/span.h"

namespace mote::services {
namespace {

using descriptors::FileDescriptor;

enum class Kind : std::uint8_t { File, Message, Enum, Service, Extension, Other };

// The field of descriptor.proto in which a declaration has its members of a kind.
struct Members {
  Kind scope;
  std::uint8_t field;
  Kind kind;
};
constexpr std::array<Members, 11> kMembers = {{
    {.scope = Kind::File, .field = 4, .kind = Kind::Message},
    {.scope = Kind::File, .field = 5, .kind = Kind::Enum},
    {.scope = Kind::File, .field = 6, .kind = Kind::Service},
    {.scope = Kind::File, .field = 7, .kind = Kind::Extension},
    {.scope = Kind::Message, .field = 2, .kind = Kind::Other},  // Fields,
    {.scope = Kind::Message, .field = 3, .kind = Kind::Message},
    {.scope = Kind::Message, .field = 4, .kind = Kind::Enum},
    {.scope = Kind::Message, .field = 6, .kind = Kind::Extension},
    {.scope = Kind::Message, .field = 8, .kind = Kind::Other},  // oneofs,
    {.scope = Kind::Enum, .field = 2, .kind = Kind::Other},     // values,
    {.scope = Kind::Service, .field = 2, .kind = Kind::Other},  // methods.
}};

// Field numbers of descriptor.proto.
constexpr std::uint32_t kName = 1;      // Of every declaration.
constexpr std::uint32_t kPackage = 2;   // Of a file.
constexpr std::uint32_t kExtendee = 2;  // Of an extension.
constexpr std::uint32_t kNumber = 3;    // Of an extension.

struct Field {
  std::uint32_t number = 0;
  std::uint64_t value = 0;  // Of a varint.
  Bytes bytes;              // Of a string or a message.
};

// Reads the fields of an encoded message one by one. A malformed message ends early.
class FieldReader {
 public:
  explicit FieldReader(Bytes message) : rest_(message) {}

  // Returns false at the end.
  bool take(Field& field) {
    if (rest_.empty()) return false;
    const std::uint64_t tag = take_varint();
    field = {};
    field.number = static_cast<std::uint32_t>(tag >> 3);
    switch (tag & 7) {
      case 0:
        field.value = take_varint();
        return true;
      case 1:
        field.bytes = take_bytes(8);
        return true;
      case 2:
        field.bytes = take_bytes(take_varint());
        return true;
      case 5:
        field.bytes = take_bytes(4);
        return true;
      default:
        return false;
    }
  }

 private:
  std::uint64_t take_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; !rest_.empty() && shift < 64; shift += 7) {
      const std::uint8_t byte = rest_.front();
      rest_ = rest_.subspan(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  Bytes take_bytes(std::uint64_t size) {
    const Bytes taken = rest_.first(static_cast<std::size_t>(std::min<std::uint64_t>(size, rest_.size())));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

  Bytes rest_;
};

std::string_view text_of(Bytes message, std::uint32_t number) {
  FieldReader reader(message);
  for (Field field; reader.take(field);) {
    if (field.number == number) return as_text(field.bytes);
  }
  return {};
}

// Removes `part` from the start of a name. Returns false if the name begins otherwise.
bool take_part(mote_bytes& name, std::string_view part) {
  if (name.size < part.size()) return false;
  mote_bytes start = name;
  start.size = part.size();
  if (!mote_bytes_equal(&start, part.data(), part.size())) return false;
  name.offset += part.size();
  name.size -= part.size();
  return true;
}

// What is left of `name` after the name of a scope and a dot; empty if nothing is left. Nothing if `name` is not in the scope.
std::optional<mote_bytes> inside(std::string_view scope, mote_bytes name) {
  if (scope.empty()) return name;  // A file without a package.
  if (!take_part(name, scope)) return std::nullopt;
  if (name.size != 0 && (!take_part(name, ".") || name.size == 0)) return std::nullopt;
  return name;
}

// Nothing if the field has no members.
const Members* members_in(Kind scope, std::uint32_t field) {
  const auto* const found = std::ranges::find_if(
      kMembers, [&](const Members& members) { return members.scope == scope && members.field == field; });
  return found == kMembers.end() ? nullptr : found;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the messages of the file are nested
bool declared_by(Kind kind, Bytes declaration, mote_bytes name, bool messages_only) {
  const bool file = kind == Kind::File;
  std::optional<mote_bytes> rest = inside(text_of(declaration, file ? kPackage : kName), name);
  if (rest && rest->size == 0) return !file;
  if (kind == Kind::Enum) rest = name;
  if (!rest) return false;
  FieldReader reader(declaration);
  for (Field field; reader.take(field);) {
    const Members* const members = members_in(kind, field.number);
    if (members == nullptr || (messages_only && members->kind != Kind::Message)) continue;
    if (declared_by(members->kind, field.bytes, *rest, messages_only)) return true;
  }
  return false;
}

Extension extension_of(const FileDescriptor& file, Bytes declaration) {
  Extension extension{.file = &file, .extended = text_of(declaration, kExtendee), .number = 0};
  if (extension.extended.starts_with('.')) extension.extended.remove_prefix(1);
  FieldReader reader(declaration);
  for (Field field; reader.take(field);) {
    if (field.number == kNumber) extension.number = static_cast<std::int32_t>(field.value);
  }
  return extension;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the messages of the file are nested
void collect_from(Kind kind, Bytes declaration, const FileDescriptor& file, std::forward_list<Extension>& extensions) {
  FieldReader reader(declaration);
  for (Field field; reader.take(field);) {
    const Members* const members = members_in(kind, field.number);
    if (members == nullptr) continue;
    if (members->kind == Kind::Message) collect_from(Kind::Message, field.bytes, file, extensions);
    if (members->kind == Kind::Extension) extensions.push_front(extension_of(file, field.bytes));
  }
}

}  // namespace

bool declares(const FileDescriptor& file, const mote_bytes& symbol) {
  return declared_by(Kind::File, file.bytes, symbol, false);
}

bool declares_message(const FileDescriptor& file, const mote_bytes& name) {
  return declared_by(Kind::File, file.bytes, name, true);
}

void collect_extensions(const FileDescriptor& file, std::forward_list<Extension>& extensions) {
  collect_from(Kind::File, file.bytes, file, extensions);
}

}  // namespace mote::services
