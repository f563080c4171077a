"""Writes the options of nanopb_generator for messages: those that mote sets and those of the author."""

import re
from fnmatch import fnmatchcase

from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

from .names import (C_NUMBERS, DESCRIPTOR_PROTO, STRUCT_PROTO, ProtoError, c_name, in_oneof, is_encoded, is_repeated, is_text)

OPTION = re.compile(r'(\w+)\s*:\s*("[^"]*"|\S+)')
NUMBERS = ("max_size", "max_length", "max_count")

# Sizes and alignments on a 64-bit machine, the larger case (include/mote/bytes.h, list.h).
POINTER = 8
BYTES = (40, POINTER)
OPTIONAL = (48, POINTER)
LIST = (88, POINTER)
COUNT = (2, 2)
FLAG = (1, 1)
NUMBER_SIZES = {"double": 8, "float": 4, "int64_t": 8, "uint64_t": 8, "int32_t": 4, "uint32_t": 4, "bool": 1}
INT_SIZES = {"IS_8": 1, "IS_16": 2, "IS_32": 4, "IS_64": 8}


class OwnOptions:
    """The lines of an .options file."""

    def __init__(self, path):
        self.path = path
        self.lines = []  # (line number, pattern, {option: value}, text)

    def of_field(self, full_name):
        """The options in the lines that match; later lines override earlier ones."""
        options = {}
        for _, pattern, values, _ in self.lines:
            if fnmatchcase(full_name, pattern):
                options.update(values)
        return options


def parse(text, path):
    own = OwnOptions(path)
    for number, line in enumerate(text.splitlines(), 1):
        content = re.sub(r"(#|//).*", "", line).strip()
        if not content:
            continue
        pattern, _, options = content.partition(" ")
        if not options:
            raise ProtoError(f"{path}:{number}: a line is a name or a pattern, a space, and options")
        values = dict(OPTION.findall(options))
        for name in NUMBERS:
            if not values.get(name, "0").isdecimal():
                raise ProtoError(f"{path}:{number}: {name} needs a number, not {values[name]}")
        rest = OPTION.sub("", options).strip()
        if re.fullmatch(r"\w+", rest):
            raise ProtoError(f"{path}:{number}: {rest} has no value: write {rest}:VALUE")
        own.lines.append((number, pattern, values, content))
    return own


def _known_names(schema, file):
    names = {file.name}
    for message in schema.messages_of(file):
        names.add(message.full_name)
        names |= {f"{message.full_name}.{field.name}" for field in message.descriptor.field}
        names |= {f"{message.full_name}.{oneof.name}" for oneof in message.descriptor.oneof_decl}
    return names | {name for name, _ in schema.enums_of(file)}


def _check_patterns(schema, file, own):
    names = _known_names(schema, file)
    for number, pattern, _, _ in own.lines:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ProtoError(f"{own.path}:{number}: {pattern} matches nothing in {file.name}; "
                             "a field is PACKAGE.MESSAGE.FIELD, and * stands for any part")


def _element_type(schema, field):
    if is_text(field) or is_encoded(field):
        return "mote_bytes"
    if field.type == Field.TYPE_MESSAGE:
        return f"struct _{c_name(schema.type_of(field).full_name)}"
    return C_NUMBERS[field.type]


def _field_options(schema, field):
    """The options that mote sets for a field."""
    options = []
    if field.type == Field.TYPE_ENUM:
        # A peer may send any number for an enum (proto3 enums are open).
        options.append("type_override:TYPE_INT32")
    if is_encoded(field):
        options.append("type_override:TYPE_BYTES type:FT_CALLBACK")
    if is_repeated(field):
        options.append(f'callback_datatype:"MOTE_LIST({_element_type(schema, field)})"')
    elif is_text(field) and field.proto3_optional or is_encoded(field) and not in_oneof(field):
        options.append('callback_datatype:"mote_optional"')
    return " ".join(options)


def _has_presence(field):
    return is_encoded(field) or is_text(field) and field.HasField("oneof_index")


def _file_options(schema, file):
    fields = [field for message in schema.messages_of(file) for field in message.descriptor.field]
    options = []
    if any(is_repeated(field) for field in fields):
        options.append('include:"mote/list.h" callback_datatype:"mote_bytes" callback_function:"mote_field_callback"')
    elif any(_has_presence(field) for field in fields):
        # A program has the code for lists only if a message has a list.
        options.append('include:"mote/list.h" callback_datatype:"mote_bytes" callback_function:"mote_optional_callback"')
    elif any(is_text(field) for field in fields):
        options.append('include:"mote/bytes.h" callback_datatype:"mote_bytes" callback_function:"mote_bytes_callback"')
    if STRUCT_PROTO in file.dependency:
        options.append(f'exclude:"{STRUCT_PROTO}"')
    if DESCRIPTOR_PROTO in file.dependency:
        options.append(f'exclude:"{DESCRIPTOR_PROTO}"')
    return " ".join(options)


class Layout:
    """The sizes of the generated structs, to choose the size of nanopb's field descriptors."""

    def __init__(self, schema, own):
        self.schema = schema
        self.own = own
        self.sizes = {}

    def _value(self, message, field):
        """The size and alignment of a field, without `has_` or a count."""
        own = self.own.of_field(f"{message.full_name}.{field.name}")
        count = int(own.get("max_count", 0))
        if is_repeated(field) and not count:
            return LIST
        if is_text(field) or is_encoded(field):
            room = int(own.get("max_size", own.get("max_length", -1)))
            if room < 0:
                size, align = OPTIONAL if field.proto3_optional or is_encoded(field) else BYTES
            else:
                size, align = room + 4, 2
        elif field.type == Field.TYPE_MESSAGE:
            size, align = self.size_of(self.schema.type_of(field)), POINTER
        else:
            size = INT_SIZES.get(own.get("int_size"), NUMBER_SIZES[C_NUMBERS[field.type]])
            align = size
        return size * max(count, 1), align

    def fields(self, message):
        """Each field with its offset and size, in the order of their numbers; the members of a oneof share one offset."""
        offset = 0
        placed = set()
        result = []
        for field in sorted(message.descriptor.field, key=lambda field: field.number):
            if in_oneof(field):
                if field.oneof_index in placed:
                    continue
                placed.add(field.oneof_index)
                members = [other for other in message.descriptor.field
                           if in_oneof(other) and other.oneof_index == field.oneof_index]
                values = [self._value(message, other) for other in members]
                value, head = (max(v[0] for v in values), max(v[1] for v in values)), COUNT
            else:
                value = self._value(message, field)
                head = COUNT if is_repeated(field) else FLAG
            offset = _aligned(_aligned(offset, head[1]) + head[0], value[1])
            result.append((field, offset, value[0]))
            offset += value[0]
        return result

    def size_of(self, message):
        if message.full_name not in self.sizes:
            self.sizes[message.full_name] = 0  # A message that contains itself is refused elsewhere.
            last = max((offset + size for _, offset, size in self.fields(message)), default=1)
            self.sizes[message.full_name] = _aligned(last, POINTER)
        return self.sizes[message.full_name]

    def descriptor_size(self, message):
        """DS_2 or DS_4 if nanopb's own estimate, which ignores the sizes of these structs, may be too small; else None."""
        fields = self.fields(message)
        tag = max((field.number for field in message.descriptor.field), default=0)
        end = max((offset + size for _, offset, size in fields), default=0)
        widest = max((size for _, _, size in fields), default=0)
        if tag > 0x3FF or end > 0xFFFF or widest > 0xFFF:
            return "DS_4"
        return "DS_2" if tag > 0x3F or end > 0xFF else None


def _aligned(offset, to):
    return (offset + to - 1) // to * to


def write(schema, file, own):
    _check_patterns(schema, file, own)
    lines = [f"# Written by protoc-gen-mote for {file.name}."]
    if options := _file_options(schema, file):
        lines.append(f"{file.name} {options}")
    layout = Layout(schema, own)
    for message in schema.messages_of(file):
        if size := layout.descriptor_size(message):
            lines.append(f"{message.full_name} descriptorsize:{size}")
        for field in message.descriptor.field:
            if options := _field_options(schema, field):
                lines.append(f"{message.full_name}.{field.name} {options}")
    if own.lines:
        lines += [f"# {own.path}", *(text for _, _, _, text in own.lines)]
    return "\n".join(lines) + "\n"
