# Linux on ARMv7 with a floating-point unit, with Debian's C library.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(MOTE_TRIPLET arm-linux-gnueabihf)
set(MOTE_COMPILER_TRIPLET arm-linux-gnueabihf)
set(MOTE_DEBIAN_ARCHITECTURE armhf)
set(MOTE_EMULATOR qemu-arm-static)
include(${CMAKE_CURRENT_LIST_DIR}/linux-glibc.cmake)
