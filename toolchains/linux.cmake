# The common part of the Linux toolchains. The including file sets MOTE_COMPILER_TRIPLET and MOTE_EMULATOR; a board
# sets MOTE_CPU_FLAGS, and may set MOTE_EMULATED_CPU, MOTE_OPTIMIZATION and MOTE_PAGE_BYTES, the largest page of its kernels.
include(${CMAKE_CURRENT_LIST_DIR}/fetch.cmake)

set(CMAKE_SYSTEM_NAME Linux)
# find_package(mote) finds the installation that the toolchain is part of.
if(NOT EXISTS ${CMAKE_CURRENT_LIST_DIR}/../CMakeLists.txt)
  cmake_path(SET MOTE_INSTALLED NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../../..)
endif()
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

# The alignment of static programs. 32-bit ARM has only pages of 4 KiB; the linker's default of 64 KiB makes files larger. Kernels
# for 64-bit ARM may have larger pages and do not load programs with a smaller alignment. A file has up to a page of zeros before
# its data, whose read-only part ends with a page.
if(MOTE_PAGE_BYTES)
  set(page_flag -Wl,-z,max-page-size=${MOTE_PAGE_BYTES})
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL aarch64)
  set(page_flag -Wl,-z,max-page-size=65536)
else()
  set(page_flag -Wl,-z,max-page-size=4096)
endif()

# The start files and libraries of Debian's armhf end with an illegal instruction on an older processor.
if(MOTE_DEBIAN_ARCHITECTURE STREQUAL armhf)
  separate_arguments(cpu_flags UNIX_COMMAND "${MOTE_CPU_FLAGS}")
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} ${cpu_flags} -x c++ -E -dM /dev/null OUTPUT_VARIABLE macros)
  if(macros MATCHES "__ARM_ARCH ([0-9]+)" AND CMAKE_MATCH_1 LESS 7)
    string(REPLACE hf "" other ${MOTE_TRIPLET})
    message(FATAL_ERROR "MOTE_CPU_FLAGS \"${MOTE_CPU_FLAGS}\" are for ARMv${CMAKE_MATCH_1}, and Debian's armhf is for ARMv7: set MOTE_TRIPLET to ${other}, as boards/rpi-zero does")
  endif()
endif()
