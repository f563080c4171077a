# Linux on a PC, with Debian's C library.
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(MOTE_TRIPLET x86_64-linux-gnu)
set(MOTE_COMPILER_TRIPLET x86_64-linux-gnu)
set(MOTE_DEBIAN_ARCHITECTURE amd64)
if(NOT CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL x86_64)
  set(MOTE_EMULATOR qemu-x86_64-static)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/linux-glibc.cmake)
