# Sets MOTE_BOARD_FOLDER, the folder of the board MOTE_BOARD.
if(MOTE_BOARD_DIR AND NOT IS_ABSOLUTE "${MOTE_BOARD_DIR}")
  message(FATAL_ERROR "MOTE_BOARD_DIR is \"${MOTE_BOARD_DIR}\"; it must be an absolute path")
endif()
set(MOTE_BOARD_FOLDER)
foreach(folder IN ITEMS ${MOTE_BOARD_DIR} ${CMAKE_CURRENT_LIST_DIR}/../boards)
  if(NOT MOTE_BOARD_FOLDER AND EXISTS ${folder}/${MOTE_BOARD}/board.cmake)
    cmake_path(SET MOTE_BOARD_FOLDER NORMALIZE ${folder}/${MOTE_BOARD})
  endif()
endforeach()
if(NOT MOTE_BOARD OR NOT MOTE_BOARD_FOLDER)
  message(FATAL_ERROR "MOTE_BOARD is \"${MOTE_BOARD}\", but there is no board.cmake in a folder of that name in MOTE_BOARD_DIR "
    "(\"${MOTE_BOARD_DIR}\") or in boards/ of mote")
endif()
