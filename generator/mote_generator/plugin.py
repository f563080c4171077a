"""Reads protoc's request and writes the files of each .proto."""

import sys
from pathlib import Path

from google.protobuf.compiler import plugin_pb2

from . import checks, client_header, nanopb_options, service_header
from .names import ProtoError, Schema

# google.protobuf.compiler.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
PROTO3_OPTIONAL = 1


def parameters(text):
    """The folders of `options_path` in the parameters "key=value,key=value"."""
    paths = []
    for parameter in filter(None, text.split(",")):
        key, _, value = parameter.partition("=")
        if key != "options_path":
            raise ProtoError(f"protoc-gen-mote has no parameter {key}: it has options_path=FOLDER")
        paths.append(Path(value))
    return paths


def own_options(file, paths):
    """The text and the path of the .options file beside a .proto file, if there is one."""
    name = str(Path(file.name).with_suffix(".options"))
    for path in paths:
        if (path / name).is_file():
            return (path / name).read_text(encoding="utf-8"), str(path / name)
    return "", name


def generate(request, response):
    paths = parameters(request.parameter)
    schema = Schema(request.proto_file)
    for name in request.file_to_generate:
        file = schema.files[name]
        own = nanopb_options.parse(*own_options(file, paths))
        checks.check(schema, file, own)
        stem = str(Path(name).with_suffix(""))
        for suffix, content in (
            (".nanopb_options", nanopb_options.write(schema, file, own)),
            (".names.h", service_header.write_names(schema, file)),
            (".mote.h", service_header.write(schema, file)),
            (".client.h", client_header.write(schema, file)),
        ):
            response.file.add(name=stem + suffix, content=content)


def main():
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    response = plugin_pb2.CodeGeneratorResponse(supported_features=PROTO3_OPTIONAL)
    try:
        generate(request, response)
    except ProtoError as error:
        response = plugin_pb2.CodeGeneratorResponse(error=str(error), supported_features=PROTO3_OPTIONAL)
    sys.stdout.buffer.write(response.SerializeToString())
