# What Linux toolchains have in common. The file that includes it has set MOTE_COMPILER_TRIPLET and MOTE_EMULATOR; a board
# has set MOTE_CPU_FLAGS, and may have set MOTE_EMULATED_CPU and MOTE_OPTIMIZATION.
include(${CMAKE_CURRENT_LIST_DIR}/fetch.cmake)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${MOTE_COMPILER_TRIPLET}-gcc)
set(CMAKE_CXX_COMPILER ${MOTE_COMPILER_TRIPLET}-g++)

# ctest runs what was built on this processor.
set(CMAKE_CROSSCOMPILING_EMULATOR ${MOTE_EMULATOR})
if(MOTE_EMULATED_CPU)
  list(APPEND CMAKE_CROSSCOMPILING_EMULATOR -cpu ${MOTE_EMULATED_CPU})
endif()

# Programs are the host's; the rest is found in the sysroot alone.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Where speed comes before size.
if(MOTE_OPTIMIZATION)
  foreach(language IN ITEMS C CXX)
    set(CMAKE_${language}_FLAGS_MINSIZEREL "${MOTE_OPTIMIZATION} -DNDEBUG" CACHE STRING "")
  endforeach()
endif()

# A board has no room for symbols.
set(CMAKE_EXE_LINKER_FLAGS_MINSIZEREL_INIT -s)
