# The toolchain of the board MOTE_BOARD: a folder of MOTE_BOARD_DIR, which other projects set to that of their boards, or a board of
# mote, a folder of boards/. The presets use it.
#
# MOTE_CXX_LIBRARY, on the command line or in board.cmake, is the C++ library of the programs: "small", the headers only, with
# musl; or "full", the complete library, with glibc. Both are linked statically. A cache variable overrides board.cmake.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MOTE_BOARD MOTE_BOARD_DIR MOTE_CXX_LIBRARY)
include(${CMAKE_CURRENT_LIST_DIR}/find_board.cmake)
include(${MOTE_BOARD_FOLDER}/board.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/cxx_library.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/${MOTE_TRIPLET}.cmake)
