# Linux on a PC, linked statically with musl.
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(MOTE_TRIPLET x86_64-linux-musl)
set(MOTE_COMPILER_TRIPLET x86_64-linux-gnu)
set(MOTE_DEBIAN_ARCHITECTURE amd64)
# Its code that runs rarely is a hundredth smaller with -Oz than with -Os.
set(MOTE_RARELY_OPTIONS -Oz)
if(NOT CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL x86_64)
  set(MOTE_EMULATOR qemu-x86_64-static)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/linux-musl.cmake)
