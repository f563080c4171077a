# The toolchain of the board MOTE_BOARD, a folder of boards/. The presets use it.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MOTE_BOARD)
if(NOT EXISTS ${CMAKE_CURRENT_LIST_DIR}/../boards/${MOTE_BOARD}/board.cmake)
  message(FATAL_ERROR "MOTE_BOARD is \"${MOTE_BOARD}\", but there is no boards/${MOTE_BOARD}/board.cmake")
endif()
include(${CMAKE_CURRENT_LIST_DIR}/../boards/${MOTE_BOARD}/board.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/${MOTE_TRIPLET}.cmake)
