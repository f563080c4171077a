# The toolchain of the board MOTE_BOARD, a folder of boards/. The presets use it.
#
# MOTE_CXX_LIBRARY, on the command line or in board.cmake, is the C++ library of the programs: "small", the headers only, with
# musl; or "full", the complete library, with glibc. Both are linked statically. A cache variable overrides board.cmake.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MOTE_BOARD MOTE_CXX_LIBRARY)
if(NOT EXISTS ${CMAKE_CURRENT_LIST_DIR}/../boards/${MOTE_BOARD}/board.cmake)
  message(FATAL_ERROR "MOTE_BOARD is \"${MOTE_BOARD}\", but there is no boards/${MOTE_BOARD}/board.cmake")
endif()
include(${CMAKE_CURRENT_LIST_DIR}/../boards/${MOTE_BOARD}/board.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/cxx_library.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/${MOTE_TRIPLET}.cmake)
