#include "mote-device/put_declaration.h"

#include <array>
#include <optional>

#include "mote-device/escaped.h"

namespace mote::tool {
namespace {

// Names of a foreign server: control characters are not printed.
void put(std::string_view text, std::FILE* out) {
  put_line_text(text, out);
}

std::string_view name_of(const FieldInfo& field) {
  constexpr std::array<std::string_view, 19> kNames = {
      "?",     "double",  "float", "int64",  "uint64", "int32",    "fixed64",  "fixed32", "bool",  "string",
      "group", "message", "bytes", "uint32", "enum",   "sfixed32", "sfixed64", "sint32",  "sint64"};
  if (!field.type_name.empty()) return field.type_name;
  const auto index = static_cast<std::size_t>(field.type);
  return index < kNames.size() ? kNames[index] : kNames[0];
}

std::optional<Declaration> entry_of(const Schema& schema, const FieldInfo& field) {
  if (!field.repeated || field.type != FieldType::Message) return std::nullopt;
  const std::optional<Declaration> entry = schema.find(field.type_name);
  return entry && is_map_entry(*entry) ? entry : std::nullopt;
}

void put_field(const Schema& schema, const FieldInfo& field, std::FILE* out) {
  FieldInfo key;
  FieldInfo value;
  const std::optional<Declaration> entry = entry_of(schema, field);
  if (entry) {
    Fields fields(*entry);
    (void)(fields.take(key) && fields.take(value));
    std::fputs("map<", out);
    put(name_of(key), out);
    std::fputs(", ", out);
    put(name_of(value), out);
    std::fputs(">", out);
  } else {
    if (field.repeated) std::fputs("repeated ", out);
    if (field.optional) std::fputs("optional ", out);
    put(name_of(field), out);
  }
  std::fputc(' ', out);
  put(field.name, out);
  std::fprintf(out, " = %ld;\n", static_cast<long>(field.number));
}

void put_fields(const Schema& schema, Declaration message, std::FILE* out) {
  std::int32_t oneof = -1;
  Fields fields(message);
  for (FieldInfo field; fields.take(field);) {
    if (oneof >= 0 && field.oneof != oneof) std::fputs("  }\n", out);
    if (field.oneof >= 0 && field.oneof != oneof) {
      std::fputs("  oneof ", out);
      put(oneof_name(message, field.oneof), out);
      std::fputs(" {\n", out);
    }
    oneof = field.oneof;
    std::fputs(oneof >= 0 ? "    " : "  ", out);
    put_field(schema, field, out);
  }
  if (oneof >= 0) std::fputs("  }\n", out);
}

}  // namespace

void put_method(const MethodInfo& method, std::FILE* out) {
  std::fputs("rpc ", out);
  put(method.name, out);
  std::fputs(method.streams_requests ? "(stream " : "(", out);
  put(method.input, out);
  std::fputs(method.streams_replies ? ") returns (stream " : ") returns (", out);
  put(method.output, out);
  std::fputs(");\n", out);
}

void put_declaration(const Schema& schema, std::string_view name, Declaration declaration, std::FILE* out) {
  constexpr std::array kKinds = {"message ", "enum ", "service "};
  std::fputs(kKinds[static_cast<std::size_t>(declaration.kind)], out);
  put(name, out);
  std::fputs(" {\n", out);
  if (declaration.kind == Declaration::Kind::Service) {
    Methods methods(declaration);
    for (MethodInfo method; methods.take(method);) {
      std::fputs("  ", out);
      put_method(method, out);
    }
  } else if (declaration.kind == Declaration::Kind::Message) {
    put_fields(schema, declaration, out);
  } else {
    Fields values(declaration);
    for (FieldInfo value; values.take(value);) {
      std::fputs("  ", out);
      put(value.name, out);
      std::fprintf(out, " = %ld;\n", static_cast<long>(value.number));
    }
  }
  std::fputs("}\n", out);
}

}  // namespace mote::tool
