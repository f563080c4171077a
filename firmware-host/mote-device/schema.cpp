#include "mote-device/schema.h"

#include "mote-device/field_reader.h"

namespace mote::tool {
namespace {

// Field numbers of descriptor.proto.
constexpr std::uint32_t kName = 1;
constexpr std::uint32_t kFilePackage = 2;
constexpr std::uint32_t kFileDependency = 3;
constexpr std::uint32_t kFileMessage = 4;
constexpr std::uint32_t kFileEnum = 5;
constexpr std::uint32_t kFileService = 6;
constexpr std::uint32_t kMessageField = 2;
constexpr std::uint32_t kMessageNested = 3;
constexpr std::uint32_t kMessageEnum = 4;
constexpr std::uint32_t kMessageOptions = 7;
constexpr std::uint32_t kMessageOneof = 8;
constexpr std::uint32_t kMapEntry = 7;
constexpr std::uint32_t kEnumValue = 2;
constexpr std::uint32_t kEnumValueNumber = 2;
constexpr std::uint32_t kServiceMethod = 2;
constexpr std::uint64_t kRepeated = 3;

std::string_view text_of(Bytes message, std::uint32_t number) {
  FieldReader reader(message);
  for (EncodedField field; reader.take(field);) {
    if (field.number == number) return as_text(field.bytes);
  }
  return {};
}

std::string_view without_dot(std::string_view name) {
  if (name.starts_with('.')) name.remove_prefix(1);
  return name;
}

// Takes fields until one has this number.
bool take_numbered(Bytes& rest, std::uint32_t number, Bytes& found) {
  while (!rest.empty()) {
    FieldReader reader(rest);
    EncodedField field;
    if (!reader.take(field)) return false;
    rest = reader.rest();
    if (field.number != number) continue;
    found = field.bytes;
    return true;
  }
  return false;
}

FieldInfo field_of(Bytes bytes) {
  FieldInfo info;
  FieldReader reader(bytes);
  for (EncodedField field; reader.take(field);) {
    switch (field.number) {
      case 1:
        info.name = as_text(field.bytes);
        break;
      case 3:
        info.number = static_cast<std::int32_t>(field.value);
        break;
      case 4:
        info.repeated = field.value == kRepeated;
        break;
      case 5:
        info.type = static_cast<FieldType>(field.value);
        break;
      case 6:
        info.type_name = without_dot(as_text(field.bytes));
        break;
      case 9:
        info.oneof = static_cast<std::int32_t>(field.value);
        break;
      case 10:
        info.json_name = as_text(field.bytes);
        break;
      case 17:
        info.optional = field.value != 0;
        break;
      default:
        break;
    }
  }
  if (info.optional) info.oneof = -1;  // Its oneof is synthetic.
  return info;
}

FieldInfo value_of(Bytes bytes) {
  FieldInfo info;
  FieldReader reader(bytes);
  for (EncodedField field; reader.take(field);) {
    if (field.number == kName) info.name = as_text(field.bytes);
    if (field.number == kEnumValueNumber) info.number = static_cast<std::int32_t>(field.value);
  }
  return info;
}

// Removes `part` and the dot behind it from the start of a name. False: the name does not begin with it.
bool take_part(std::string_view& name, std::string_view part) {
  if (!name.starts_with(part)) return false;
  std::string_view rest = name.substr(part.size());
  if (!rest.empty() && !rest.starts_with('.')) return false;
  if (!rest.empty()) rest.remove_prefix(1);
  name = rest;
  return true;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the name has parts
std::optional<Declaration> find_in_message(Bytes message, std::string_view name) {
  if (!take_part(name, text_of(message, kName))) return std::nullopt;
  if (name.empty()) return Declaration{Declaration::Kind::Message, message};
  FieldReader reader(message);
  for (EncodedField field; reader.take(field);) {
    if (field.number == kMessageNested) {
      if (const auto found = find_in_message(field.bytes, name)) return found;
    } else if (field.number == kMessageEnum && text_of(field.bytes, kName) == name) {
      return Declaration{Declaration::Kind::Enum, field.bytes};
    }
  }
  return std::nullopt;
}

std::optional<Declaration> find_in_file(Bytes file, std::string_view name) {
  const std::string_view package = text_of(file, kFilePackage);
  if (!package.empty() && !take_part(name, package)) return std::nullopt;
  FieldReader reader(file);
  for (EncodedField field; reader.take(field);) {
    if (field.number == kFileMessage) {
      if (const auto found = find_in_message(field.bytes, name)) return found;
    } else if (field.number == kFileEnum && text_of(field.bytes, kName) == name) {
      return Declaration{Declaration::Kind::Enum, field.bytes};
    } else if (field.number == kFileService && text_of(field.bytes, kName) == name) {
      return Declaration{Declaration::Kind::Service, field.bytes};
    }
  }
  return std::nullopt;
}

}  // namespace

bool Fields::take(FieldInfo& field) {
  Bytes found;
  const bool message = kind_ == Declaration::Kind::Message;
  if (!take_numbered(rest_, message ? kMessageField : kEnumValue, found)) return false;
  field = message ? field_of(found) : value_of(found);
  return true;
}

bool Methods::take(MethodInfo& method) {
  Bytes found;
  if (!take_numbered(rest_, kServiceMethod, found)) return false;
  method = {};
  FieldReader reader(found);
  for (EncodedField field; reader.take(field);) {
    if (field.number == 1) method.name = as_text(field.bytes);
    if (field.number == 2) method.input = without_dot(as_text(field.bytes));
    if (field.number == 3) method.output = without_dot(as_text(field.bytes));
    if (field.number == 5) method.streams_requests = field.value != 0;
    if (field.number == 6) method.streams_replies = field.value != 0;
  }
  return true;
}

std::string_view oneof_name(Declaration message, std::int32_t index) {
  Bytes rest = message.bytes;
  Bytes oneof;
  for (std::int32_t i = 0; take_numbered(rest, kMessageOneof, oneof); ++i) {
    if (i == index) return text_of(oneof, kName);
  }
  return {};
}

bool is_map_entry(Declaration message) {
  Bytes rest = message.bytes;
  Bytes options;
  if (!take_numbered(rest, kMessageOptions, options)) return false;
  FieldReader reader(options);
  for (EncodedField field; reader.take(field);) {
    if (field.number == kMapEntry) return field.value != 0;
  }
  return false;
}

void each_json_letter(const FieldInfo& field, void (*put)(void* context, char letter), void* context) {
  if (!field.json_name.empty()) {
    for (const char letter : field.json_name)
      put(context, letter);
    return;
  }
  bool capital = false;
  for (const char letter : field.name) {
    const bool lower = letter >= 'a' && letter <= 'z';
    if (letter != '_') put(context, capital && lower ? static_cast<char>(letter - 'a' + 'A') : letter);
    capital = letter == '_';
  }
}

bool is_name_of(const FieldInfo& field, std::string_view typed) {
  if (typed == field.name) return true;
  struct Rest {
    std::string_view typed;
    bool equal = true;
  } rest{typed};
  each_json_letter(
      field,
      [](void* context, char letter) {
        Rest& left = *static_cast<Rest*>(context);
        left.equal = left.equal && left.typed.starts_with(letter);
        if (left.equal) left.typed.remove_prefix(1);
      },
      &rest);
  return rest.equal && rest.typed.empty();
}

bool Schema::add(Bytes file) {
  if (has(text_of(file, kName))) return true;
  if (count_ == files_.size()) return false;
  files_[count_++] = file;
  return true;
}

bool Schema::has(std::string_view file_name) const {
  for (std::size_t i = 0; i < count_; ++i) {
    if (text_of(files_[i], kName) == file_name) return true;
  }
  return false;
}

std::string_view Schema::missing_import() const {
  for (std::size_t i = 0; i < count_; ++i) {
    Bytes rest = files_[i];
    for (Bytes name; take_numbered(rest, kFileDependency, name);) {
      if (!has(as_text(name))) return as_text(name);
    }
  }
  return {};
}

std::optional<Declaration> Schema::find(std::string_view name) const {
  for (std::size_t i = 0; i < count_; ++i) {
    if (const auto found = find_in_file(files_[i], name)) return found;
  }
  return std::nullopt;
}

std::optional<MethodInfo> Schema::find_method(Declaration service, std::string_view name) {
  Methods methods(service);
  for (MethodInfo method; methods.take(method);) {
    if (method.name == name) return method;
  }
  return std::nullopt;
}

}  // namespace mote::tool
