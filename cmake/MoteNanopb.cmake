# mote_nanopb(TARGET proto...): a static library of the nanopb code of .proto files in proto/.
# Generated files land in ${CMAKE_BINARY_DIR}/generated, away from what protoc itself writes.

find_package(nanopb CONFIG REQUIRED)
find_program(NANOPB_GENERATOR nanopb_generator.py REQUIRED)

function(mote_nanopb target)
  set(out ${CMAKE_BINARY_DIR}/generated)
  set(sources)
  foreach(name IN LISTS ARGN)
    add_custom_command(
      OUTPUT ${out}/${name}.pb.c ${out}/${name}.pb.h
      COMMAND /usr/bin/python3 ${NANOPB_GENERATOR} --quiet --cpp-descriptors
              -I ${PROJECT_SOURCE_DIR}/proto -D ${out} ${name}.proto
      DEPENDS ${PROJECT_SOURCE_DIR}/proto/${name}.proto ${PROJECT_SOURCE_DIR}/proto/${name}.options
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/proto
      COMMENT "nanopb ${name}.proto")
    list(APPEND sources ${out}/${name}.pb.c)
  endforeach()
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} SYSTEM PUBLIC ${out} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC nanopb::protobuf-nanopb-static)
endfunction()
