"""Refuses .proto files that mote cannot use. The error is one sentence that names the change to make."""

from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

from .names import BUNDLED, ENCODED, ProtoError, is_encoded, is_repeated

# Names that nanopb's structs and the generated classes cannot have.
KEYWORDS = set("""
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl concept
    const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do double
    dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept
    not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires restrict return short signed
    sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union
    unsigned using virtual void volatile wchar_t while xor xor_eq
""".split())
# Members that each generated service has.
SERVICE_MEMBERS = {"rpc_service", "kName"}
# nanopb's pb_size_t holds field numbers.
LAST_FIELD_NUMBER = 0xFFFF


def check(schema, file, own):
    if file.syntax != "proto3":
        raise ProtoError(f'{file.name}: mote reads proto3 only; the file needs the line: syntax = "proto3";')
    for name in file.dependency:
        if name.startswith("google/protobuf/") and name not in BUNDLED:
            raise ProtoError(f"{file.name}: {name} is not among the well-known types that mote has: "
                             "any, duration, empty, field_mask, struct, timestamp, wrappers")
    _check_keywords(file.name, file.package.split("."), "package")
    for message in schema.messages_of(file):
        _check_message(file, message)
    for message in schema.messages_of(file):
        _check_recursion(schema, file, message, own)
    for service in file.service:
        _check_service(schema, file, service)


def _check_keywords(where, names, kind):
    for name in names:
        if name in KEYWORDS:
            raise ProtoError(f"{where}: {kind} {name}: this is a keyword of C or C++; give it another name")


def _check_message(file, message):
    descriptor = message.descriptor
    _check_keywords(file.name, [descriptor.name], "message")
    _check_keywords(f"{file.name}: {message.full_name}", [field.name for field in descriptor.field], "field")
    _check_keywords(f"{file.name}: {message.full_name}", [oneof.name for oneof in descriptor.oneof_decl], "oneof")
    for field in descriptor.field:
        if field.number > LAST_FIELD_NUMBER:
            raise ProtoError(f"{file.name}: {message.full_name}.{field.name}: field number {field.number} is too large: "
                             f"mote reads field numbers up to {LAST_FIELD_NUMBER}")


def _contained(schema, message, own):
    """The messages whose structs are in the struct of this message, with the name of the field."""
    for field in message.descriptor.field:
        if field.type != Field.TYPE_MESSAGE or is_encoded(field):
            continue
        options = own.of_field(f"{message.full_name}.{field.name}")
        if is_repeated(field) and "max_count" not in options or "type_override" in options:
            continue
        yield field.name, schema.type_of(field)


def _reaches(schema, start, goal, own):
    """Whether the struct of `start` has the struct of `goal` in it."""
    pending = [start]
    seen = set()
    while pending:
        message = pending.pop()
        if message is goal:
            return True
        if message.full_name not in seen:
            seen.add(message.full_name)
            pending += [inner for _, inner in _contained(schema, message, own)]
    return False


def _check_recursion(schema, file, message, own):
    """A struct cannot contain itself. A repeated field is a list, which contains no struct."""
    for name, inner in _contained(schema, message, own):
        if _reaches(schema, inner, message, own):
            raise ProtoError(f"{file.name}: {message.full_name}.{name}: a message that contains itself has no fixed size; "
                             "make the field repeated, or make it bytes and decode it yourself")


def _check_service(schema, file, service):
    where = f"{file.name}: service {service.name}"
    _check_keywords(file.name, [service.name], "service")
    _check_keywords(where, [method.name for method in service.method], "method")
    names = {method.name for method in service.method}
    for method in service.method:
        if method.name in SERVICE_MEMBERS or method.name + "Call" in names:
            raise ProtoError(f"{where}: method {method.name}: the generated class uses "
                             f"{method.name if method.name in SERVICE_MEMBERS else method.name + 'Call'} itself; "
                             "give the method another name")
        for type_name in (method.input_type.lstrip("."), method.output_type.lstrip(".")):
            if type_name in ENCODED:
                raise ProtoError(f"{where}: method {method.name}: {type_name} cannot be a request or a reply, because mote does "
                                 "not decode it; use a message with a field of this type")
            if type_name not in schema.messages:
                raise ProtoError(f"{where}: method {method.name}: {type_name} is unknown")
