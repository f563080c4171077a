# mote_fetch(ARGUMENTS...): runs fetch.py with these arguments. Configuring fails if it fails.
function(mote_fetch)
  # Compiler checks are separate projects, which read the toolchain file again.
  get_property(checking GLOBAL PROPERTY IN_TRY_COMPILE)
  get_property(fetched GLOBAL PROPERTY MOTE_FETCHED)
  list(JOIN ARGV " " what)
  if(checking OR what IN_LIST fetched)
    return()
  endif()
  execute_process(
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/fetch.py ${ARGV}
    RESULT_VARIABLE result OUTPUT_QUIET)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "toolchains/fetch.py ${what} failed: see above")
  endif()
  set_property(GLOBAL APPEND PROPERTY MOTE_FETCHED "${what}")
endfunction()
