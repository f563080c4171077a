# nanopb: its runtime as the target mote_nanopb_runtime, and mote_nanopb(TARGET [FROM folder] [INTO folder] proto...), a
# static library of the code that the generator makes from .proto files in proto/ or in the given folder. Generated files are
# in ${CMAKE_BINARY_DIR}/generated or in the given folder, separate from the output of protoc.

find_program(NANOPB_GENERATOR nanopb_generator.py REQUIRED)

if(CMAKE_CROSSCOMPILING)
  # The library of the package is for the host.
  include(${PROJECT_SOURCE_DIR}/toolchains/fetch.cmake)
  mote_fetch(source nanopb)
  set(nanopb_source ${PROJECT_SOURCE_DIR}/build/sources/nanopb)
  add_library(mote_nanopb_runtime STATIC
    ${nanopb_source}/pb_common.c ${nanopb_source}/pb_decode.c ${nanopb_source}/pb_encode.c)
  target_include_directories(mote_nanopb_runtime SYSTEM PUBLIC ${nanopb_source})
  target_compile_options(mote_nanopb_runtime PRIVATE -ffunction-sections -fdata-sections)
  if(MOTE_FIRMWARE)
    # Saves one kilobyte of error texts.
    target_compile_definitions(mote_nanopb_runtime PUBLIC PB_NO_ERRMSG)
    # Excludes code for kinds of fields that no message has. mote_nanopb() below lists the messages.
    set(MOTE_NANOPB_KINDS ${CMAKE_BINARY_DIR}/generated/nanopb_kinds.h)
    set(messages $<TARGET_PROPERTY:mote_nanopb_runtime,MOTE_MESSAGES>)
    add_custom_command(
      OUTPUT ${MOTE_NANOPB_KINDS}
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/nanopb_kinds.py ${MOTE_NANOPB_KINDS} ${nanopb_source}/pb.h ${messages}
      DEPENDS ${CMAKE_CURRENT_LIST_DIR}/nanopb_kinds.py ${messages}
      COMMAND_EXPAND_LISTS
      VERBATIM)
    target_sources(mote_nanopb_runtime PRIVATE ${MOTE_NANOPB_KINDS})
    target_compile_options(mote_nanopb_runtime PRIVATE -include ${MOTE_NANOPB_KINDS} -Wno-switch-outside-range)
  endif()
else()
  find_package(nanopb CONFIG REQUIRED)
  add_library(mote_nanopb_runtime INTERFACE)
  target_link_libraries(mote_nanopb_runtime INTERFACE nanopb::protobuf-nanopb-static)
endif()

function(mote_nanopb target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FROM;INTO" "")
  set(proto ${PROJECT_SOURCE_DIR}/proto)
  if(arg_FROM)
    set(proto ${arg_FROM})
  endif()
  set(out ${CMAKE_BINARY_DIR}/generated)
  if(arg_INTO)
    set(out ${arg_INTO})
  endif()
  file(MAKE_DIRECTORY ${out})
  set(sources)
  foreach(name IN LISTS arg_UNPARSED_ARGUMENTS)
    add_custom_command(
      OUTPUT ${out}/${name}.pb.c ${out}/${name}.pb.h
      COMMAND /usr/bin/python3 ${NANOPB_GENERATOR} --quiet --cpp-descriptors -I ${proto} -D ${out} ${name}.proto
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/nanopb_oneofs.py ${out}/${name}.pb.h
      DEPENDS ${proto}/${name}.proto ${proto}/${name}.options ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/nanopb_oneofs.py
      WORKING_DIRECTORY ${proto}
      COMMENT "nanopb ${name}.proto"
      VERBATIM)
    list(APPEND sources ${out}/${name}.pb.c ${out}/${name}.pb.h)
    set_property(TARGET mote_nanopb_runtime APPEND PROPERTY MOTE_MESSAGES ${out}/${name}.pb.h)
  endforeach()
  # Generated separately, because the nanopb runtime, which the library below links, may include it.
  add_custom_target(${target}_generated DEPENDS ${sources})
  add_library(${target} STATIC ${sources})
  add_dependencies(${target} ${target}_generated)
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC mote_codec)
endfunction()
