# nanopb's runtime: mote_nanopb_runtime. For this machine it is the library of the Debian package. For a board it is compiled from
# the pinned source package, because the package's library is for the host, or from the folder MOTE_NANOPB_SOURCE.

if(CMAKE_CROSSCOMPILING)
  set(MOTE_NANOPB_SOURCE "" CACHE PATH "The folder of nanopb's source, in the version of its generator here; empty: it is fetched")
  set(nanopb_source ${MOTE_NANOPB_SOURCE})
  if(NOT nanopb_source)
    include(${PROJECT_SOURCE_DIR}/toolchains/fetch.cmake)
    mote_fetch(source nanopb)
    set(nanopb_source ${MOTE_FETCH_FOLDER}/sources/nanopb)
  endif()
  add_library(mote_nanopb_runtime STATIC
    ${nanopb_source}/pb_common.c ${nanopb_source}/pb_decode.c ${nanopb_source}/pb_encode.c)
  set(headers ${nanopb_source}/pb.h ${nanopb_source}/pb_common.h ${nanopb_source}/pb_decode.h ${nanopb_source}/pb_encode.h)
  set(folder ${CMAKE_INSTALL_INCLUDEDIR}/mote-nanopb)
  target_include_directories(mote_nanopb_runtime SYSTEM PUBLIC
    $<BUILD_INTERFACE:${nanopb_source}> $<INSTALL_INTERFACE:${folder}>)
  if(MOTE_INSTALL)
    install(FILES ${headers} DESTINATION ${folder})
  endif()
  target_compile_options(mote_nanopb_runtime PRIVATE -ffunction-sections -fdata-sections)
  if(MOTE_FIRMWARE)
    # Saves one kilobyte of error texts.
    target_compile_definitions(mote_nanopb_runtime PUBLIC PB_NO_ERRMSG)
    # Excludes code for kinds of fields that no message has. mote_service() lists the messages.
    set(MOTE_NANOPB_KINDS ${PROJECT_BINARY_DIR}/generated/nanopb_kinds.h)
    set(messages $<TARGET_PROPERTY:mote_nanopb_runtime,MOTE_MESSAGES>)
    add_custom_command(
      OUTPUT ${MOTE_NANOPB_KINDS}
      COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/cmake/nanopb_kinds.py ${MOTE_NANOPB_KINDS} ${nanopb_source}/pb.h ${messages}
      DEPENDS ${PROJECT_SOURCE_DIR}/cmake/nanopb_kinds.py ${messages}
      COMMAND_EXPAND_LISTS
      VERBATIM)
    target_sources(mote_nanopb_runtime PRIVATE ${MOTE_NANOPB_KINDS})
    target_compile_options(mote_nanopb_runtime PRIVATE -include ${MOTE_NANOPB_KINDS} -Wno-switch-outside-range)
  endif()
else()
  find_package(nanopb CONFIG REQUIRED GLOBAL)
  add_library(mote_nanopb_runtime INTERFACE)
  target_link_libraries(mote_nanopb_runtime INTERFACE nanopb::protobuf-nanopb-static)
endif()
mote_export(mote_nanopb_runtime)
