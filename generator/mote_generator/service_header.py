"""Writes NAME.mote.h: the services for the gateway, in C++. Also writes NAME.names.h."""

from pathlib import Path

from .names import DESCRIPTOR_PROTO, STRUCT_PROTO, c_name, comment_paths, local_name, namespace

KINDS = {
    (False, False): ("unary", "Unary"),
    (False, True): ("server-streaming", "ServerStreaming"),
    (True, False): ("client-streaming", "ClientStreaming"),
    (True, True): ("bidirectional", "BidiStreaming"),
}

UNARY = """\
  template <class Service>
  static constexpr mote::rpc::Method method_of_{name}() {{
    constexpr bool kFits = requires(Service& service, mote::Call& call, const {request}& request, {reply}& reply) {{
      {{ service.{name}(call, request, reply) }} -> std::same_as<mote::Status>;
    }};
    static_assert(kFits, "{path} is a {kind} method: the service needs a public function "
                         "mote::Status {name}(mote::Call&, const {request}&, {reply}&)");
    if constexpr (kFits) {{
      constexpr auto kCall = [](Service& service, mote::Call& call, const {request}& request, {reply}& reply) {{
        return service.{name}(call, request, reply);
      }};
      return mote::rpc::unary<Service, {request}, {reply}, kCall>("/{path}");
    }} else {{
      return {{}};
    }}
  }}
"""

STREAMING = """\
  template <class Service>
  static constexpr mote::rpc::Method method_of_{name}() {{
    constexpr bool kClass = requires {{ typename Service::{name}; }};
    static_assert(kClass, "{path} is a {kind} method: the service needs a public struct {name} : {name}Call");
    if constexpr (kClass) {{
      constexpr bool kDerived = std::derived_from<typename Service::{name}, {name}Call>;
      static_assert(kDerived, "{path} is a {kind} method: {name} must derive from {name}Call");
      if constexpr (kDerived) {{
        using Fit = mote::rpc::Fit<typename Service::{name}, {request}, mote::rpc::Kind::{enumerator}>;
        static_assert(Fit::kMessage, "{path}: {name} needs a public function void on_message(const {request}&)");
{half_close}
        static_assert(Fit::kOpen, "{path}: on_open of {name} must be public and have no parameters");
        static_assert(Fit::kReady, "{path}: on_ready of {name} must be public and have no parameters");
        static_assert(Fit::kShutdown, "{path}: on_shutdown of {name} must be public and have no parameters");
        static_assert(Fit::kMade, "{path}: {name} needs a default constructor");
        static_assert(Fit::kSmall, "{path}: {name} is larger than mote::Call::kHandlerBytes; keep its data in the service");
        if constexpr (Fit::kOk) {{
          return mote::rpc::streaming<Service, typename Service::{name}, {request}>("/{path}", mote::rpc::Kind::{enumerator});
        }}
      }}
    }}
    return {{}};
  }}
"""

NEEDS_HALF_CLOSE = """\
        static_assert(Fit::kHalfClose, "{path} is a {kind} method: {name} needs a public function void on_half_close(), "
                                       "which ends the call when the client has sent its last message");"""
HAS_NO_HALF_CLOSE = """\
        static_assert(Fit::kHalfClose, "{path} is a {kind} method: it receives one message, so {name} must not have "
                                       "on_half_close");"""

CALL = """\
  // The base of {name}, the handler of a {kind} method.
  class {name}Call : public mote::rpc::{enumerator}Call<Self, {reply}> {{
   public:
    using mote::rpc::{enumerator}Call<Self, {reply}>::{sends};
    template <class Other>
    void {sends}(const Other&) {{
      static_assert(sizeof(Other) == 0, "{path} replies with {reply}: {sends}() takes no other type");
    }}
  }};
"""


def identifier(file_name):
    return "".join(letter if letter.isalnum() else "_" for letter in file_name)


def spelled(file, type_name):
    """A message type as the generated code of this file names it."""
    full_name = type_name.lstrip(".")
    return local_name(file, full_name) or f"::{c_name(full_name)}"


def comment_lines(text, indent):
    return [f"{indent}//{line.rstrip()}" for line in text.rstrip("\n").split("\n")] if text else []


def aliases(schema, file):
    """The names of messages and enums without their package."""
    lines = []
    for message in schema.messages_of(file):
        if (name := local_name(file, message.full_name)) and not message.is_map_entry:
            lines.append(f"using {name} = ::{c_name(message.full_name)};")
    for full_name, enum in schema.enums_of(file):
        if name := local_name(file, full_name):
            lines.append(f"using {name} = ::{c_name(full_name)};")
            outer = name.rpartition("_")[0]
            for value in enum.value:
                lines.append(f"inline constexpr {name} {f'{outer}_' if outer else ''}{value.name} = "
                             f"::{c_name(full_name)}_{value.name};")
    return lines


def method_values(file, service, method):
    kind, enumerator = KINDS[method.client_streaming, method.server_streaming]
    package = f"{file.package}." if file.package else ""
    return {
        "name": method.name,
        "path": f"{package}{service.name}/{method.name}",
        "kind": kind,
        "enumerator": enumerator,
        "request": spelled(file, method.input_type),
        "reply": spelled(file, method.output_type),
        "sends": "send" if method.server_streaming else "finish",
    }


def method_code(values):
    if values["enumerator"] == "Unary":
        return UNARY.format(**values)
    half_close = HAS_NO_HALF_CLOSE if values["enumerator"] == "ServerStreaming" else NEEDS_HALF_CLOSE
    return STREAMING.format(**values, half_close=half_close.format(**values))


def service_lines(file, service, index, comments):
    methods = [method_values(file, service, method) for method in service.method]
    package = f"{file.package}." if file.package else ""
    lines = comment_lines(comments.get((6, index)), "")
    lines += ["template <class Self>", f"class {service.name}Service {{", " public:"]
    lines.append(f'  static constexpr std::string_view kName = "{package}{service.name}";')
    lines.append("")
    for number, values in enumerate(methods):
        if values["enumerator"] == "Unary":
            continue
        lines += comment_lines(comments.get((6, index, 2, number)), "  ")
        lines += [CALL.format(**values)]
    lines.append("  // The service of this object, which must outlive the server.")
    lines.append("  [[nodiscard]] mote::rpc::Service rpc_service() {")
    if methods:
        lines.append(f"    static constexpr std::array<mote::rpc::Method, {len(methods)}> kMethods = {{")
        lines += [f"        method_of_{values['name']}<Self>()," for values in methods]
        lines += ["    };", "    methods_ = kMethods;"]
    lines += ["    return mote::rpc::service_of(static_cast<Self&>(*this), kName, methods_, "
              f"&mote::descriptors::{identifier(file.name)});", "  }", "", " private:"]
    lines += [method_code(values) for values in methods]
    lines += [f"  std::array<mote::rpc::Method, {len(methods)}> methods_{{}};", "};"]
    return lines


def clear_default_json_names(fields):
    """protoc gives each field a json_name. Readers derive the one that the .proto file does not set."""
    for field in fields:
        first, *others = field.name.split("_")
        if field.json_name == first + "".join(word[:1].upper() + word[1:] for word in others):
            field.ClearField("json_name")


def plain_descriptor(file):
    """The serialized FileDescriptorProto, without comments and default json_names."""
    plain = type(file)()
    plain.CopyFrom(file)
    plain.ClearField("source_code_info")
    clear_default_json_names(plain.extension)
    messages = list(plain.message_type)
    while messages:
        message = messages.pop()
        clear_default_json_names([*message.field, *message.extension])
        messages += message.nested_type
    return plain.SerializeToString(deterministic=True)


def descriptor_lines(schema, file):
    """The descriptor of a file, after those of its imports that have no generated header."""
    lines = []
    for other in file.dependency:
        if included(other):
            continue
        guard = f"MOTE_DESCRIPTOR_{identifier(other)}"
        lines += [f"#ifndef {guard}", f"#define {guard}", *descriptor_lines(schema, schema.files[other]), "#endif"]
    data = plain_descriptor(file)
    name = identifier(file.name)
    lines.append(f"inline constexpr std::uint8_t {name}_bytes[] = {{")
    for start in range(0, len(data), 20):
        lines.append("    " + ", ".join(f"0x{byte:02x}" for byte in data[start:start + 20]) + ",")
    lines.append("};")
    imports = [identifier(other) for other in file.dependency]
    if imports:
        lines.append(f"inline constexpr const FileDescriptor* {name}_imports[] = {{")
        lines += [f"    &{other}," for other in imports]
        lines.append("};")
    lines.append(f'inline constexpr FileDescriptor {name} = {{"{file.name}", {name}_bytes, '
                 + (f"{name}_imports}};" if imports else "{}};"))
    return lines


def included(name):
    """Whether an imported file has a generated header."""
    return name not in (DESCRIPTOR_PROTO, STRUCT_PROTO)


def write_names(schema, file):
    stem = str(Path(file.name).with_suffix(""))
    lines = [f"// Written by protoc-gen-mote for {file.name}: its messages and enums in the namespace of their package.",
             "#pragma once", "", f'#include "{stem}.pb.h"']
    if names := aliases(schema, file):
        lines += ["", f"namespace {namespace(file)} {{", "", *names, "", f"}}  // namespace {namespace(file)}"]
    return "\n".join(lines) + "\n"


def write(schema, file):
    stem = str(Path(file.name).with_suffix(""))
    comments = comment_paths(file)
    lines = [f"// Written by protoc-gen-mote for {file.name}: its services for a gateway, and its descriptor.", "#pragma once", ""]
    if file.service:
        lines += ["#include <array>", "#include <concepts>", "#include <cstdint>", "#include <string_view>", ""]
    else:
        lines += ["#include <cstdint>", ""]
    lines += [f'#include "{stem}.names.h"']
    lines += [f'#include "{Path(name).with_suffix("")}.mote.h"' for name in file.dependency if included(name)]
    lines += ['#include "mote/rpc/descriptor.h"']
    if file.service:
        lines += ['#include "mote/rpc/service.h"']
    lines += ["", "namespace mote::descriptors {", "", *descriptor_lines(schema, file), "", "}  // namespace mote::descriptors"]
    if file.service:
        lines += [""]
        lines += [f"namespace {namespace(file)} {{", ""] if file.package else []
        for index, service in enumerate(file.service):
            lines += [*service_lines(file, service, index, comments), ""]
        lines += [f"}}  // namespace {namespace(file)}"] if file.package else []
    return "\n".join(lines) + "\n"
