# mote_mbedtls: mbedTLS from its pinned source package (toolchains/sources.sha256), with the configuration of src/tls/mbedtls_config.h.
# The packages of Debian are not used: bookworm's has no TLS 1.3, and the programs of boards need one for each processor.

include(${PROJECT_SOURCE_DIR}/toolchains/fetch.cmake)
mote_fetch(source mbedtls)
set(mbedtls ${PROJECT_SOURCE_DIR}/build/sources/mbedtls)

# Files whose feature is off compile to nothing. net_sockets and timing need more of a system than the library is used for.
file(GLOB mbedtls_sources ${mbedtls}/library/*.c)
list(FILTER mbedtls_sources EXCLUDE REGEX "/(net_sockets|timing|debug|ssl_debug_helpers_generated|version_features|lms|lmots)[.]c$")
add_library(mote_mbedtls STATIC ${mbedtls_sources})
# Only mote includes its headers, so they are not installed. library/ is for src/tls/record_buffers.c, which knows the library's
# structures.
foreach(folder IN ITEMS ${mbedtls}/include ${mbedtls}/library ${PROJECT_SOURCE_DIR}/src/tls/mbedtls)
  target_include_directories(mote_mbedtls SYSTEM PUBLIC $<BUILD_INTERFACE:${folder}>)
endforeach()
target_compile_definitions(mote_mbedtls PUBLIC $<BUILD_INTERFACE:MBEDTLS_CONFIG_FILE="mote_mbedtls_config.h">)
mote_export(mote_mbedtls)
target_compile_options(mote_mbedtls PRIVATE -w -ffunction-sections -fdata-sections)
# The pool gives its functions to tls/memory.cpp, which serves record buffers from places of their own.
set_source_files_properties(${mbedtls}/library/memory_buffer_alloc.c PROPERTIES
  COMPILE_DEFINITIONS mbedtls_platform_set_calloc_free=mote_tls_take_pool_functions)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  # Chosen at run time where the processor has them.
  target_compile_options(mote_mbedtls PRIVATE -maes -mpclmul -msse2)
endif()
