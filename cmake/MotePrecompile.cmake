# A build with tests compiles everything, and much of its time goes to the headers of the C++ library: the larger libraries use a
# precompiled header. Builds for boards and of other projects do not, and ./dev lint compiles each source without it, which shows whether it
# includes what it needs.
if(CMAKE_CROSSCOMPILING OR MOTE_COVERAGE)
  return()
endif()

# mote_precompile(OWNER TARGET...): OWNER's header, for all of them. It is of use only to sources with the options of OWNER that define
# all macros of OWNER. Those with options of their own do without.
function(mote_precompile owner)
  foreach(target ${owner} ${ARGN})
    get_target_property(folder ${target} SOURCE_DIR)
    get_target_property(sources ${target} SOURCES)
    foreach(source IN LISTS sources)
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder})
      get_source_file_property(options ${source} TARGET_DIRECTORY ${target} COMPILE_OPTIONS)
      if(options)
        set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
      endif()
    endforeach()
    if(target STREQUAL owner)
      target_precompile_headers(${target} PRIVATE <algorithm> <array> <chrono> <span> <string_view> <utility>)
    else()
      target_precompile_headers(${target} REUSE_FROM ${owner})
    endif()
  endforeach()
endfunction()

mote_precompile(mote_rpc mote_engine mote_lean mote_limits mote_services mote_testing mote_tool)
mote_precompile(mote_program mote_config mote_server)
