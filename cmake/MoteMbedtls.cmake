# mbedTLS from its pinned source package (toolchains/sources.sha256).
# The packages of Debian are not used: bookworm's has no TLS 1.3, and the programs of boards need one for each processor.
include_guard(GLOBAL)

include(${PROJECT_SOURCE_DIR}/toolchains/fetch.cmake)
mote_fetch(source mbedtls)
set(MOTE_MBEDTLS ${MOTE_FETCH_FOLDER}/sources/mbedtls CACHE INTERNAL "The source of mbedTLS")

# mote_add_mbedtls(TARGET FOLDER HEADER): the library with the configuration HEADER, which is in FOLDER.
function(mote_add_mbedtls target folder header)
  # Files whose feature is off compile to nothing. net_sockets and timing need more of a system than the library is used for.
  file(GLOB sources ${MOTE_MBEDTLS}/library/*.c)
  list(FILTER sources EXCLUDE REGEX "/(net_sockets|timing|debug|ssl_debug_helpers_generated|version_features|lms|lmots)[.]c$")
  list(APPEND sources ${PROJECT_SOURCE_DIR}/src/tls/mbedtls/compressed_point.c ${PROJECT_SOURCE_DIR}/src/tls/mbedtls/psa_functions.c)
  add_library(${target} STATIC ${sources})
  # Only mote includes its headers, so they are not installed. library/ is for sources of mote that know the library's structures.
  foreach(include IN ITEMS ${MOTE_MBEDTLS}/include ${MOTE_MBEDTLS}/library ${folder})
    target_include_directories(${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${include}>)
  endforeach()
  target_compile_definitions(${target} PUBLIC $<BUILD_INTERFACE:MBEDTLS_CONFIG_FILE="${header}">)
  # src/tls/mbedtls/compressed_point.c
  set_source_files_properties(${MOTE_MBEDTLS}/library/ecp.c TARGET_DIRECTORY ${target} PROPERTIES
    COMPILE_DEFINITIONS mbedtls_mpi_exp_mod=mote_refuse_compressed_point)
  mote_export(${target})
  target_compile_options(${target} PRIVATE -w -ffunction-sections -fdata-sections)
  # Where a program is optimized for speed, the library is not: it would be 40 KB larger (x86-64). ChaCha20-Poly1305 is, because it
  # takes 70 % more instructions otherwise.
  set(small ${sources})
  list(FILTER small EXCLUDE REGEX "/(chacha20|poly1305)[.]c$")
  set_source_files_properties(${small} TARGET_DIRECTORY ${target} PROPERTIES
    COMPILE_OPTIONS $<$<CONFIG:RelWithDebInfo,Release,MinSizeRel>:-Oz>)
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
    # Chosen at run time where the processor has them.
    target_compile_options(${target} PRIVATE -maes -mpclmul -msse2)
    # GCM reverses bytes. All processors with AES have an instruction for it.
    set_source_files_properties(${MOTE_MBEDTLS}/library/aesni.c TARGET_DIRECTORY ${target} PROPERTIES
      COMPILE_OPTIONS "$<$<CONFIG:RelWithDebInfo,Release,MinSizeRel>:-O3;-mssse3>")
  endif()
endfunction()
