"""Writes NAME.client.h: the methods of each service as a device calls them, in C and in C++."""

from pathlib import Path

from .names import c_name, comment_paths, namespace
from .service_header import KINDS, spelled

UNARY_C = """\
/* {path}: a complete call. Returns its status. Strings of the reply are valid until the next function of the client. */
static inline mote_status {c}(mote_client* client, const mote_call* options, const {request}* request, {reply}* reply) {{
  const mote_call call = mote_call_to("/{path}", options);
  return mote_unary(client, &call, &{request}_msg, request, &{reply}_msg, reply);
}}
"""

CALL_C = """\
/* A call of {path}. */
typedef struct {c}_call {{
  mote_client* client;
}} {c}_call;
"""

START_C = """\
/* Starts the call. The functions that follow report an error. */
static inline {c}_call {c}(mote_client* client, const mote_call* options) {{
  const mote_call call = mote_call_to("/{path}", options);
  const {c}_call started = {{client}};
  (void)mote_call_start(client, &call);
  return started;
}}
/* Sends a message. Returns false if the call has ended. */
static inline bool {c}_send({c}_call call, const {request}* request) {{
  return mote_call_send_message(call.client, &{request}_msg, request, false);
}}
"""

START_WITH_REQUEST_C = """\
/* Starts the call and sends its request. The functions that follow report an error. */
static inline {c}_call {c}(mote_client* client, const mote_call* options, const {request}* request) {{
  const mote_call call = mote_call_to("/{path}", options);
  const {c}_call started = {{client}};
  if (mote_call_start(client, &call)) (void)mote_call_send_message(client, &{request}_msg, request, true);
  return started;
}}
"""

FINISH_WITH_REPLY_C = """\
/* Ends the stream of requests and waits for the reply. Returns the status of the call. */
static inline mote_status {c}_finish({c}_call call, {reply}* reply) {{
  return mote_call_finish(call.client, &{reply}_msg, reply);
}}
"""

RECEIVE_C = """\
/* Waits at most `wait_ms` for the next reply. MOTE_OVER: the call has ended, and its status is known. */
static inline mote_received {c}_receive({c}_call call, {reply}* reply, uint32_t wait_ms) {{
  return mote_call_receive_message(call.client, &{reply}_msg, reply, wait_ms);
}}
"""

END_SENDING_C = """\
/* Ends the stream of requests. Replies can still be received. Returns false if the call has ended. */
static inline bool {c}_end_sending({c}_call call) {{
  return mote_call_end_sending(call.client);
}}
"""

STATUS_C = """\
/* The status of the call: OK while it is open. */
static inline mote_status {c}_status({c}_call call) {{
  return mote_call_status(call.client);
}}
/* Cancels the call. Returns its status. */
static inline mote_status {c}_cancel({c}_call call) {{
  return mote_call_cancel(call.client);
}}
"""

UNARY_CPP = """\
  // {path}: a complete call. Strings of the reply are valid until the next function of the client.
  mote_status {name}(const {request_cpp}& request, {reply_cpp}& reply, const mote_call* options = nullptr) {{
    return {c}(client_, options, &request, &reply);
  }}
"""

CALL_CPP_HEAD = """\
  // A call of {path}.
  class {name}Call {{
   public:
    explicit {name}Call({c}_call call) : call_(call) {{}}
"""

PARTS_CPP = {
    "send": """\
    // Sends a message. False: the call has ended.
    bool send(const {request_cpp}& request) {{ return {c}_send(call_, &request); }}
""",
    "finish": """\
    // Ends the stream of requests and waits for the reply.
    mote_status finish({reply_cpp}& reply) {{ return {c}_finish(call_, &reply); }}
""",
    "receive": """\
    // Waits at most `wait_ms` for the next reply.
    mote_received receive({reply_cpp}& reply, std::uint32_t wait_ms = MOTE_TO_DEADLINE) {{
      return {c}_receive(call_, &reply, wait_ms);
    }}
""",
    "end_sending": """\
    // Ends the stream of requests. False: the call has ended.
    bool end_sending() {{ return {c}_end_sending(call_); }}
""",
}

CALL_CPP_TAIL = """\
    // OK while the call is open.
    [[nodiscard]] mote_status status() const {{ return {c}_status(call_); }}
    // Cancels the call and returns its status.
    mote_status cancel() {{ return {c}_cancel(call_); }}

   private:
    {c}_call call_;
  }};
"""

START_CPP = """\
  // Starts the call.
  {name}Call {name}(const mote_call* options = nullptr) {{ return {name}Call({c}(client_, options)); }}
"""

START_WITH_REQUEST_CPP = """\
  // Starts the call and sends its request.
  {name}Call {name}(const {request_cpp}& request, const mote_call* options = nullptr) {{
    return {name}Call({c}(client_, options, &request));
  }}
"""


def values_of(file, service, method):
    kind, _ = KINDS[method.client_streaming, method.server_streaming]
    package = f"{file.package}." if file.package else ""
    return {
        "name": method.name,
        "path": f"{package}{service.name}/{method.name}",
        "kind": kind,
        "c": f"{c_name(package + service.name)}_{method.name}",
        "request": c_name(method.input_type),
        "reply": c_name(method.output_type),
        "request_cpp": spelled(file, method.input_type),
        "reply_cpp": spelled(file, method.output_type),
    }


def c_parts(method):
    if not method.client_streaming and not method.server_streaming:
        return [UNARY_C]
    parts = [CALL_C, START_C if method.client_streaming else START_WITH_REQUEST_C]
    if method.server_streaming:
        parts += [END_SENDING_C] if method.client_streaming else []
        parts += [RECEIVE_C]
    else:
        parts += [FINISH_WITH_REPLY_C]
    return [*parts, STATUS_C]


def cpp_parts(method):
    if not method.client_streaming and not method.server_streaming:
        return [UNARY_CPP]
    names = ["send"] if method.client_streaming else []
    names += ["finish"] if not method.server_streaming else []
    names += ["end_sending"] if method.client_streaming and method.server_streaming else []
    names += ["receive"] if method.server_streaming else []
    start = START_CPP if method.client_streaming else START_WITH_REQUEST_CPP
    return [CALL_CPP_HEAD, *(PARTS_CPP[name] for name in names), CALL_CPP_TAIL, start]


def write(schema, file):
    del schema
    stem = str(Path(file.name).with_suffix(""))
    comments = comment_paths(file)
    lines = [f"/* Written by protoc-gen-mote for {file.name}: its methods as a device calls them (mote/device.h). `options` may be",
             " * null; otherwise its timeout and metadata are used, and its path is not. */", "#pragma once", "",
             '#include "mote/device.h"', f'#include "{stem}.pb.h"', ""]
    if file.service:
        lines += ["#ifdef __cplusplus", 'extern "C" {', "#endif", ""]
    for index, service in enumerate(file.service):
        for number, method in enumerate(service.method):
            values = values_of(file, service, method)
            if comment := comments.get((6, index, 2, number)):
                text = [line.rstrip().replace("*/", "* /") for line in comment.rstrip("\n").split("\n")]
                lines += ["/*" + "\n *".join(text) + " */"]
            lines += [part.format(**values) for part in c_parts(method)]
    if file.service:
        lines += ["#ifdef __cplusplus", "}", "", "#include <cstdint>", "", f'#include "{stem}.names.h"', ""]
        lines += [f"namespace {namespace(file)} {{", ""] if file.package else []
        for service in file.service:
            lines += ["// Calls the methods through `client`, which must outlive this object.",
                      f"class {service.name}Client {{", " public:",
                      f"  explicit {service.name}Client(mote_client* client) : client_(client) {{}}", ""]
            for method in service.method:
                values = values_of(file, service, method)
                lines += ["".join(part.format(**values) for part in cpp_parts(method))]
            lines += [" private:", "  mote_client* client_;", "};", ""]
        lines += [f"}}  // namespace {namespace(file)}"] if file.package else []
        lines += ["#endif"]
    return "\n".join(lines) + "\n"
