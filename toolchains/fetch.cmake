# mote_fetch(ARGUMENTS...): runs fetch.py with these arguments. Configuring fails if it fails.
#
# MOTE_FETCH_FOLDER is the folder of what was fetched: build/ of a checkout. Where mote is installed, it is the user's cache, because the
# folder may belong to root.
if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/../CMakeLists.txt)
  cmake_path(SET MOTE_FETCH_FOLDER NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../build)
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(MOTE_FETCH_FOLDER $ENV{XDG_CACHE_HOME}/mote)
else()
  set(MOTE_FETCH_FOLDER $ENV{HOME}/.cache/mote)
endif()

function(mote_fetch)
  # Compiler checks are separate projects, which read the toolchain file again.
  get_property(checking GLOBAL PROPERTY IN_TRY_COMPILE)
  get_property(fetched GLOBAL PROPERTY MOTE_FETCHED)
  list(JOIN ARGV " " what)
  if(checking OR what IN_LIST fetched)
    return()
  endif()
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env MOTE_FETCH_FOLDER=${MOTE_FETCH_FOLDER} /usr/bin/python3 -B ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/fetch.py ${ARGV}
    RESULT_VARIABLE result OUTPUT_QUIET)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "toolchains/fetch.py ${what} failed: see above")
  endif()
  set_property(GLOBAL APPEND PROPERTY MOTE_FETCHED "${what}")
endfunction()
