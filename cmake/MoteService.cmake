# The code that is generated from .proto files. This file works in mote's folder and where mote is installed.
#
# mote_service(TARGET PROTOS file.proto... [FROM folder] [INTO folder]): a static library of everything that a gateway or a
#   device needs of these files: nanopb's messages, NAME.mote.h and NAME.client.h (generator/protoc-gen-mote). Relative paths
#   start at the caller's folder. Imports are looked up in FROM; by default each file is in the folder that its imports
#   start from. NAME.options beside NAME.proto adds options to those that mote chooses. A file may import the well-known
#   types that docs/services.md lists.
#
# mote_nanopb(TARGET [FROM folder] [INTO folder] name...): nanopb's messages only, with the options of NAME.options as they
#   stand.
#
# Generated files are in INTO, by default ${CMAKE_CURRENT_BINARY_DIR}/generated: not where protoc writes its own code, which
# has the same names.

find_program(MOTE_PROTOC protoc REQUIRED NO_CMAKE_FIND_ROOT_PATH)
find_program(MOTE_NANOPB_GENERATOR nanopb_generator.py REQUIRED NO_CMAKE_FIND_ROOT_PATH)

get_filename_component(MOTE_ROOT ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
set(MOTE_GENERATOR ${MOTE_ROOT}/generator/protoc-gen-mote)
file(GLOB MOTE_GENERATOR_FILES CONFIGURE_DEPENDS ${MOTE_ROOT}/generator/mote_generator/*.py)
list(APPEND MOTE_GENERATOR_FILES ${MOTE_GENERATOR})
# Functions are called from other folders.
foreach(name MOTE_ROOT MOTE_GENERATOR MOTE_GENERATOR_FILES)
  set(${name} ${${name}} CACHE INTERNAL "")
endforeach()

# The library `target` of generated sources in the folder `out`.
function(mote_generated_library target out)
  # Generated separately, because the nanopb runtime, which the library below links, may include it.
  add_custom_target(${target}_generated DEPENDS ${ARGN})
  add_library(${target} STATIC ${ARGN})
  add_dependencies(${target} ${target}_generated)
  target_include_directories(${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${out}>)
  target_link_libraries(${target} PUBLIC mote::codec)
endfunction()

# The well-known types, when the first .proto file imports one: a device has no code for kinds of fields that it does not use.
function(mote_well_known_types)
  if(TARGET mote_well_known)
    return()
  endif()
  set(names any duration empty field_mask timestamp wrappers)
  list(TRANSFORM names REPLACE "(.+)" "google/protobuf/\\1.proto")
  find_path(MOTE_PROTOBUF_INCLUDE google/protobuf/timestamp.proto REQUIRED NO_CMAKE_FIND_ROOT_PATH)
  mote_service(mote_well_known PROTOS ${names} FROM ${MOTE_PROTOBUF_INCLUDE} INTO ${CMAKE_BINARY_DIR}/well_known)
endfunction()

function(mote_service target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FROM;INTO" "PROTOS")
  set(out ${CMAKE_CURRENT_BINARY_DIR}/generated)
  if(arg_INTO)
    set(out ${arg_INTO})
  endif()
  file(MAKE_DIRECTORY ${out})
  set(sources)
  set(imports_well_known FALSE)
  foreach(proto IN LISTS arg_PROTOS)
    if(arg_FROM)
      get_filename_component(root ${arg_FROM} ABSOLUTE)
      set(path ${root}/${proto})
      set(name ${proto})
    else()
      get_filename_component(path ${proto} ABSOLUTE)
      get_filename_component(root ${path} DIRECTORY)
      get_filename_component(name ${path} NAME)
    endif()
    string(REGEX REPLACE "\\.proto$" "" stem ${name})
    # A change of an .options file generates again. One that is added or removed needs a new configuration, which changes the list
    # of them: Ninja does not see by itself that a dependency is gone.
    set(own_options)
    if(EXISTS ${root}/${stem}.options)
      set(own_options ${root}/${stem}.options)
    endif()
    file(CONFIGURE OUTPUT ${out}/${stem}.options_list CONTENT "${own_options}\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(STRINGS ${path} lines REGEX "^import .*\"google/protobuf/(any|duration|empty|field_mask|timestamp|wrappers)[.]proto\"")
    if(lines AND NOT target STREQUAL mote_well_known)
      set(imports_well_known TRUE)
    endif()
    set(generated ${out}/${stem}.mote.h ${out}/${stem}.names.h ${out}/${stem}.client.h ${out}/${stem}.nanopb_options)
    add_custom_command(
      OUTPUT ${generated}
      COMMAND ${MOTE_PROTOC} --plugin=protoc-gen-mote=${MOTE_GENERATOR} --mote_out=${out} --mote_opt=options_path=${root}
              -I ${root} ${name}
      DEPENDS ${path} ${own_options} ${out}/${stem}.options_list ${MOTE_GENERATOR_FILES}
      WORKING_DIRECTORY ${root}
      COMMENT "protoc-gen-mote ${name}"
      VERBATIM)
    add_custom_command(
      OUTPUT ${out}/${stem}.pb.c ${out}/${stem}.pb.h
      COMMAND /usr/bin/python3 ${MOTE_NANOPB_GENERATOR} --quiet --error-on-unmatched --cpp-descriptors
              --options-file=%s.nanopb_options -I ${root} -I ${out} -D ${out} ${name}
      COMMAND /usr/bin/python3 ${MOTE_ROOT}/cmake/nanopb_oneofs.py ${out}/${stem}.pb.h
      DEPENDS ${path} ${out}/${stem}.nanopb_options ${MOTE_ROOT}/cmake/nanopb_oneofs.py
      WORKING_DIRECTORY ${out}
      COMMENT "nanopb ${name}"
      VERBATIM)
    list(APPEND sources ${out}/${stem}.pb.c ${out}/${stem}.pb.h ${generated})
    if(MOTE_FIRMWARE)
      set_property(TARGET mote_nanopb_runtime APPEND PROPERTY MOTE_MESSAGES ${out}/${stem}.pb.h)
    endif()
  endforeach()
  mote_generated_library(${target} ${out} ${sources})
  if(imports_well_known)
    mote_well_known_types()
    target_link_libraries(${target} PUBLIC mote_well_known)
    add_dependencies(${target}_generated mote_well_known_generated)
  endif()
endfunction()

function(mote_nanopb target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FROM;INTO" "")
  set(proto ${CMAKE_CURRENT_SOURCE_DIR})
  if(arg_FROM)
    set(proto ${arg_FROM})
  endif()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/generated)
  if(arg_INTO)
    set(out ${arg_INTO})
  endif()
  file(MAKE_DIRECTORY ${out})
  set(sources)
  foreach(name IN LISTS arg_UNPARSED_ARGUMENTS)
    add_custom_command(
      OUTPUT ${out}/${name}.pb.c ${out}/${name}.pb.h
      COMMAND /usr/bin/python3 ${MOTE_NANOPB_GENERATOR} --quiet --error-on-unmatched --cpp-descriptors
              -I ${proto} -D ${out} ${name}.proto
      COMMAND /usr/bin/python3 ${MOTE_ROOT}/cmake/nanopb_oneofs.py ${out}/${name}.pb.h
      DEPENDS ${proto}/${name}.proto ${proto}/${name}.options ${MOTE_ROOT}/cmake/nanopb_oneofs.py
      WORKING_DIRECTORY ${proto}
      COMMENT "nanopb ${name}.proto"
      VERBATIM)
    list(APPEND sources ${out}/${name}.pb.c ${out}/${name}.pb.h)
    if(MOTE_FIRMWARE)
      set_property(TARGET mote_nanopb_runtime APPEND PROPERTY MOTE_MESSAGES ${out}/${name}.pb.h)
    endif()
  endforeach()
  mote_generated_library(${target} ${out} ${sources})
endfunction()
