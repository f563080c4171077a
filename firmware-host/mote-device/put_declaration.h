// Prints declarations as in a .proto file, with full names.
#pragma once

#include <cstdio>
#include <string_view>

#include "mote-device/schema.h"

namespace mote::tool {

// `name` is the full name of the declaration.
void put_declaration(const Schema& schema, std::string_view name, Declaration declaration, std::FILE* out);
// "rpc Reply(echo.EchoRequest) returns (echo.EchoReply);"
void put_method(const MethodInfo& method, std::FILE* out);

}  // namespace mote::tool
