"""The messages, enums and services of a protoc request, and their names in C and C++."""

from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

# Messages that stay encoded: they contain themselves (struct.proto).
ENCODED = {"google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue"}
STRUCT_PROTO = "google/protobuf/struct.proto"
# Only options of .proto files use it.
DESCRIPTOR_PROTO = "google/protobuf/descriptor.proto"
# The well-known types that mote_service() builds when a .proto file imports them.
BUNDLED = {f"google/protobuf/{name}.proto"
           for name in ("any", "duration", "empty", "field_mask", "timestamp", "wrappers")} | {STRUCT_PROTO, DESCRIPTOR_PROTO}

C_NUMBERS = {
    Field.TYPE_DOUBLE: "double",
    Field.TYPE_FLOAT: "float",
    Field.TYPE_INT64: "int64_t",
    Field.TYPE_UINT64: "uint64_t",
    Field.TYPE_INT32: "int32_t",
    Field.TYPE_FIXED64: "uint64_t",
    Field.TYPE_FIXED32: "uint32_t",
    Field.TYPE_BOOL: "bool",
    Field.TYPE_UINT32: "uint32_t",
    Field.TYPE_ENUM: "int32_t",
    Field.TYPE_SFIXED32: "int32_t",
    Field.TYPE_SFIXED64: "int64_t",
    Field.TYPE_SINT32: "int32_t",
    Field.TYPE_SINT64: "int64_t",
}


class ProtoError(Exception):
    """A .proto or .options file that mote cannot use. The text is one sentence for its author."""


class Message:
    """A message, its full name with dots, and the messages and enums inside it."""

    def __init__(self, file, full_name, descriptor):
        self.file = file
        self.full_name = full_name
        self.descriptor = descriptor

    @property
    def is_map_entry(self):
        return self.descriptor.options.map_entry


class Schema:
    """All messages of a request by their full names, without the leading dot."""

    def __init__(self, files):
        self.files = {file.name: file for file in files}
        self.messages = {}
        self.enums = {}
        for file in files:
            prefix = f"{file.package}." if file.package else ""
            self._add(file, prefix, file.message_type, file.enum_type)

    def _add(self, file, prefix, messages, enums):
        for enum in enums:
            self.enums[prefix + enum.name] = (file, enum)
        for descriptor in messages:
            full_name = prefix + descriptor.name
            self.messages[full_name] = Message(file, full_name, descriptor)
            self._add(file, f"{full_name}.", descriptor.nested_type, descriptor.enum_type)

    def messages_of(self, file):
        return [message for message in self.messages.values() if message.file is file]

    def enums_of(self, file):
        return [(name, enum) for name, (of, enum) in self.enums.items() if of is file]

    def type_of(self, field):
        """The message of a message field."""
        return self.messages[field.type_name.lstrip(".")]


def c_name(full_name):
    """nanopb's name of a message, an enum or a service: plant_v1_Reading."""
    return full_name.lstrip(".").replace(".", "_")


def namespace(file):
    return file.package.replace(".", "::")


def local_name(file, full_name):
    """The name inside the namespace of its package: Reading, Report_Item. None for another package."""
    prefix = f"{file.package}."
    return full_name[len(prefix):].replace(".", "_") if file.package and full_name.startswith(prefix) else None


def is_repeated(field):
    return field.label == Field.LABEL_REPEATED


def is_text(field):
    return field.type in (Field.TYPE_STRING, Field.TYPE_BYTES)


def is_encoded(field):
    """Whether the message of a field stays encoded."""
    return field.type == Field.TYPE_MESSAGE and field.type_name.lstrip(".") in ENCODED


def in_oneof(field):
    return field.HasField("oneof_index") and not field.proto3_optional


def comment_paths(file):
    """The leading comments of a file, by the path of the element that follows (descriptor.proto, SourceCodeInfo)."""
    return {tuple(location.path): location.leading_comments for location in file.source_code_info.location
            if location.leading_comments}
