# The common part of the Linux toolchains. The including file sets MOTE_COMPILER_TRIPLET and MOTE_EMULATOR; a board
# sets MOTE_CPU_FLAGS, and may set MOTE_EMULATED_CPU, MOTE_OPTIMIZATION and MOTE_PAGE_BYTES, the largest page of its kernels.
include(${CMAKE_CURRENT_LIST_DIR}/fetch.cmake)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${MOTE_COMPILER_TRIPLET}-gcc)
set(CMAKE_CXX_COMPILER ${MOTE_COMPILER_TRIPLET}-g++)

# ctest runs programs with this emulator.
set(CMAKE_CROSSCOMPILING_EMULATOR ${MOTE_EMULATOR})
if(MOTE_EMULATED_CPU)
  list(APPEND CMAKE_CROSSCOMPILING_EMULATOR -cpu ${MOTE_EMULATED_CPU})
endif()

# Programs come from the host, everything else only from the sysroot.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Optimize for speed, not for size.
if(MOTE_OPTIMIZATION)
  foreach(language IN ITEMS C CXX)
    set(CMAKE_${language}_FLAGS_MINSIZEREL "${MOTE_OPTIMIZATION} -DNDEBUG" CACHE STRING "")
  endforeach()
endif()

# Strip symbols to save space on boards.
set(CMAKE_EXE_LINKER_FLAGS_MINSIZEREL_INIT -s)
