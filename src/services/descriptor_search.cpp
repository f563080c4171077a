#include "services/descriptor_search.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>

#include "mote/span.h"

namespace mote::services {
namespace {

using descriptors::FileDescriptor;

// Field numbers of descriptor.proto.
namespace file_fields {
constexpr std::uint32_t kPackage = 2;
constexpr std::uint32_t kMessage = 4;
constexpr std::uint32_t kEnum = 5;
constexpr std::uint32_t kService = 6;
constexpr std::uint32_t kExtension = 7;
}  // namespace file_fields
namespace message_fields {
constexpr std::uint32_t kField = 2;
constexpr std::uint32_t kMessage = 3;
constexpr std::uint32_t kEnum = 4;
constexpr std::uint32_t kExtension = 6;
constexpr std::uint32_t kOneof = 8;
}  // namespace message_fields
constexpr std::uint32_t kName = 1;      // Of every declaration.
constexpr std::uint32_t kValue = 2;     // Of an enum.
constexpr std::uint32_t kMethod = 2;    // Of a service.
constexpr std::uint32_t kExtendee = 2;  // Of a field.
constexpr std::uint32_t kNumber = 3;    // Of a field.

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
    field = {.number = static_cast<std::uint32_t>(tag >> 3), .value = 0, .bytes = {}};
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

bool is_whole(mote_bytes name, std::string_view part) {
  return take_part(name, part) && name.size == 0;
}

bool is_one_of(std::uint32_t number, std::initializer_list<std::uint32_t> numbers) {
  return std::ranges::find(numbers, number) != numbers.end();
}

// What is left of `name` after the name of the declaration and a dot; empty if nothing is left. Nothing if `name` is not in its scope.
std::optional<mote_bytes> inside(Bytes declaration, mote_bytes name) {
  if (!take_part(name, text_of(declaration, kName))) return std::nullopt;
  if (name.size != 0 && (!take_part(name, ".") || name.size == 0)) return std::nullopt;
  return name;
}

bool has_member(Bytes declaration, std::uint32_t number, mote_bytes name) {
  FieldReader reader(declaration);
  for (Field field; reader.take(field);) {
    if (field.number == number && is_whole(name, text_of(field.bytes, kName))) return true;
  }
  return false;
}

bool declared_by_enum(Bytes declaration, mote_bytes name) {
  return is_whole(name, text_of(declaration, kName)) || has_member(declaration, kValue, name);
}

bool declared_by_service(Bytes declaration, mote_bytes name) {
  const std::optional<mote_bytes> rest = inside(declaration, name);
  return rest && (rest->size == 0 || has_member(declaration, kMethod, *rest));
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the messages of the file are nested
bool declared_by_message(Bytes declaration, mote_bytes name, bool messages_only) {
  const std::optional<mote_bytes> rest = inside(declaration, name);
  if (!rest || rest->size == 0) return rest.has_value();
  FieldReader reader(declaration);
  for (Field field; reader.take(field);) {
    if (field.number == message_fields::kMessage && declared_by_message(field.bytes, *rest, messages_only)) return true;
    if (messages_only) continue;
    if (field.number == message_fields::kEnum && declared_by_enum(field.bytes, *rest)) return true;
    if (is_one_of(field.number, {message_fields::kField, message_fields::kExtension, message_fields::kOneof}) &&
        is_whole(*rest, text_of(field.bytes, kName))) {
      return true;
    }
  }
  return false;
}

bool declared_by_file(const FileDescriptor& file, mote_bytes name, bool messages_only) {
  const std::string_view package = text_of(file.bytes, file_fields::kPackage);
  if (!package.empty() && !(take_part(name, package) && take_part(name, "."))) return false;
  FieldReader reader(file.bytes);
  for (Field field; reader.take(field);) {
    if (field.number == file_fields::kMessage && declared_by_message(field.bytes, name, messages_only)) return true;
    if (messages_only) continue;
    if (field.number == file_fields::kEnum && declared_by_enum(field.bytes, name)) return true;
    if (field.number == file_fields::kService && declared_by_service(field.bytes, name)) return true;
    if (field.number == file_fields::kExtension && is_whole(name, text_of(field.bytes, kName))) return true;
  }
  return false;
}

void add_extension(const FileDescriptor& file, Bytes declaration, std::vector<Extension>& extensions) {
  Extension extension{.file = &file, .extended = text_of(declaration, kExtendee), .number = 0};
  if (extension.extended.starts_with('.')) extension.extended.remove_prefix(1);
  FieldReader reader(declaration);
  for (Field field; reader.take(field);) {
    if (field.number == kNumber) extension.number = static_cast<std::int32_t>(field.value);
  }
  extensions.push_back(extension);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the messages of the file are nested
void collect_from_message(const FileDescriptor& file, Bytes message, std::vector<Extension>& extensions) {
  FieldReader reader(message);
  for (Field field; reader.take(field);) {
    if (field.number == message_fields::kMessage) collect_from_message(file, field.bytes, extensions);
    if (field.number == message_fields::kExtension) add_extension(file, field.bytes, extensions);
  }
}

}  // namespace

bool declares(const FileDescriptor& file, const mote_bytes& symbol) {
  return declared_by_file(file, symbol, false);
}

bool declares_message(const FileDescriptor& file, const mote_bytes& name) {
  return declared_by_file(file, name, true);
}

void collect_extensions(const FileDescriptor& file, std::vector<Extension>& extensions) {
  FieldReader reader(file.bytes);
  for (Field field; reader.take(field);) {
    if (field.number == file_fields::kMessage) collect_from_message(file, field.bytes, extensions);
    if (field.number == file_fields::kExtension) add_extension(file, field.bytes, extensions);
  }
}

}  // namespace mote::services
