# The options of all targets of the project.

# Part of another project, mote is libraries only, unless that project sets these options.
set(tests_default ${PROJECT_IS_TOP_LEVEL})
if(CMAKE_CROSSCOMPILING)
  set(tests_default OFF)  # ./dev cross-test enables them.
endif()
option(MOTE_TESTS "Build the tests" ${tests_default})
option(MOTE_PROGRAMS "Build mote-gateway and mote-device" ${PROJECT_IS_TOP_LEVEL})
option(MOTE_INSTALL "Install mote with cmake --install" ${PROJECT_IS_TOP_LEVEL})
option(MOTE_GRPC "Build the engine on the official gRPC library, mote-gateway-grpc (needs libgrpc++-dev)" OFF)
option(MOTE_FUZZ "Build the fuzzers instead of the tests (clang)" OFF)
option(MOTE_FIRMWARE "Build only the firmware images of a microcontroller board" OFF)
option(MOTE_TLS "TLS for the gateway and the device client, with mbedTLS" OFF)
option(MOTE_GZIP "Compressed messages for the gateway, with zlib" OFF)
option(MOTE_STATIC "Link the gateway statically: one file to copy, and a third of the memory" OFF)
option(MOTE_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(MOTE_COVERAGE "Build with source coverage and MC/DC (clang 19)" OFF)
option(MOTE_WARNINGS_AS_ERRORS "Treat warnings as errors, as the presets do" OFF)

# nanopb is compiled for the messages of one image (MoteNanopb.cmake), so the libraries are of use in this build only.
if(MOTE_FIRMWARE)
  set(MOTE_INSTALL OFF)
endif()

# Enabled in test builds for this machine, whose tests need the development files of the library anyway.
if(MOTE_TESTS AND NOT MOTE_FUZZ AND NOT CMAKE_CROSSCOMPILING)
  set(MOTE_GRPC ON)
endif()
# The folder of a board selects the engine.
if(MOTE_ENGINE STREQUAL grpc)
  set(MOTE_GRPC ON)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endif()

# What every user of a library of mote needs: the headers, C++20, and at link time the C++ runtime of a board.
add_library(mote_usage INTERFACE)
target_compile_features(mote_usage INTERFACE cxx_std_20)
target_include_directories(mote_usage INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
# Sections that nothing refers to: the libraries are compiled so that each function has its own.
target_link_options(mote_usage INTERFACE -Wl,--gc-sections)
mote_export(mote_usage)
mote_version(mote_version mote_version ${PROJECT_SOURCE_DIR})
mote_export(mote_version)
target_link_libraries(mote_usage INTERFACE mote_version)
if(MOTE_MUSL)
  set(runtime ${PROJECT_SOURCE_DIR}/toolchains/musl)
  add_library(mote_cxx_runtime STATIC ${runtime}/cxx_runtime.cpp ${runtime}/relro.cpp)
  mote_export(mote_cxx_runtime)
  target_link_libraries(mote_usage INTERFACE mote_cxx_runtime)
  # Nothing calls it by name.
  target_link_options(mote_usage INTERFACE -Wl,--undefined=mote_protect_relocated_pages)
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
    target_sources(mote_cxx_runtime PRIVATE ${runtime}/x86_64_copy.cpp)
    # The compiler must not make calls of memcpy() from its loops, and makes calls after the program was optimized as a whole.
    set_source_files_properties(${runtime}/x86_64_copy.cpp PROPERTIES COMPILE_OPTIONS
      "-O2;-fno-lto;-fno-builtin;-fno-tree-loop-distribute-patterns;-fno-stack-protector")
    # In front of the C library's.
    target_link_options(mote_usage INTERFACE -Wl,--undefined=memcpy,--undefined=memmove)
  endif()
endif()

# Linked by all targets of mote except generated code.
add_library(mote_warnings INTERFACE)
target_include_directories(mote_warnings INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(mote_warnings INTERFACE mote_usage)
target_compile_options(mote_warnings INTERFACE
  -Wall -Wextra -Wpedantic $<$<BOOL:${MOTE_WARNINGS_AS_ERRORS}>:-Werror> -Wshadow -Wconversion -Wsign-conversion -Wcast-align
  -Wformat=2 -Wnull-dereference
  $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual>
  # A designated initializer may omit fields with default values; clang 19 warns about each.
  $<$<AND:$<COMPILE_LANG_AND_ID:CXX,Clang>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,19>>:-Wno-missing-designated-field-initializers>)

# The product (not its tests) uses no exceptions and no RTTI.
add_library(mote_product INTERFACE)
target_link_libraries(mote_product INTERFACE mote_warnings)
target_compile_options(mote_product INTERFACE
  -ffunction-sections -fdata-sections
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti -fno-threadsafe-statics>)

# For code that runs rarely: its size matters, and its speed does not. A toolchain may add options.
set(MOTE_RARELY $<$<CONFIG:RelWithDebInfo,Release,MinSizeRel>:-Os> ${MOTE_RARELY_OPTIONS})

if(MOTE_FIRMWARE)
  add_compile_definitions(MOTE_SMALL)  # http2/fault.h
endif()

if(MOTE_SANITIZE)
  # The vptr check needs RTTI, which the product does not have. Reports need only line numbers; full debug information
  # takes a tenth of the compile time. With -O1 code compiles in 1.4 times the time of -O0, and the tests take half of it.
  add_compile_options(-O1 -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined)
endif()

if(MOTE_COVERAGE)
  # Without optimization each condition keeps its own branch.
  add_compile_options(-O0 -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc)
  add_link_options(-fprofile-instr-generate)
endif()

if(MOTE_FUZZ)
  # All libraries are instrumented for libFuzzer; only the fuzzers link its main().
  add_compile_options(-O1 -g1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()

if(CMAKE_CROSSCOMPILING)
  # How this machine runs programs for the board: for scripts/size_boards.py.
  list(JOIN CMAKE_CROSSCOMPILING_EMULATOR " " emulator)
  file(WRITE ${PROJECT_BINARY_DIR}/emulator.txt "${emulator}\n")
  # Builds for a board do not depend on the source folder.
  add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
endif()
