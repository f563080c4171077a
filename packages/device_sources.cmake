# MOTE_DEVICE_SOURCES: the sources of the device client, with their paths from mote's folder ${mote}, for build systems that use
# CMake but not mote's CMakeLists.txt. A test compares the list with what mote compiles.
set(MOTE_DEVICE_SOURCES
  ${mote}/src/bytes/decimal.cpp
  ${mote}/src/bytes/utf8.cpp
  ${mote}/src/hpack/encoder.cpp
  ${mote}/src/hpack/huffman.cpp
  ${mote}/src/hpack/static_decoder.cpp
  ${mote}/src/hpack/static_table.cpp
  ${mote}/src/http2/client/client_connection.cpp
  ${mote}/src/http2/constants.cpp
  ${mote}/src/http2/fault.cpp
  ${mote}/src/http2/field_characters.cpp
  ${mote}/src/http2/frame.cpp
  ${mote}/src/grpc_http2/content_type.cpp
  ${mote}/src/grpc_http2/grpc_status.cpp
  ${mote}/src/grpc_http2/percent.cpp
  ${mote}/src/grpc_http2/status_code.cpp
  ${mote}/src/grpc_http2/timeout.cpp
  ${mote}/src/codec/bytes.cpp
  ${mote}/src/codec/field_callback.cpp
  ${mote}/src/codec/list.cpp
  ${mote}/src/codec/message_check.cpp
  ${mote}/src/codec/message_decode.cpp
  ${mote}/src/codec/message_encode.cpp
  ${mote}/src/codec/message_reader.cpp
  ${mote}/src/device/backoff.cpp
  ${mote}/src/device/client_call.cpp
  ${mote}/src/device/client_connect.cpp
  ${mote}/src/device/device.cpp
  ${mote}/src/device/message_buffer.cpp
  ${mote}/src/device/messages.cpp
  ${mote}/src/device/request.cpp
  ${mote}/src/device/response.cpp
)
# Their include folders, and what they must be compiled with.
set(MOTE_DEVICE_PRIVATE_INCLUDES ${mote}/src)
set(MOTE_DEVICE_INCLUDES ${mote}/include)
set(MOTE_DEVICE_OPTIONS -std=c++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics)
# The version is part of the default user-agent.
file(STRINGS ${mote}/product.conf mote_version REGEX "^VERSION=")
string(REGEX REPLACE "^VERSION=" "" mote_version "${mote_version}")
set(MOTE_DEVICE_DEFINITIONS "MOTE_VERSION=\"${mote_version}\"")
