# Linux on ARMv5 and later, soft floating point, with Debian's C library. For the ARMv6 of the first Raspberry Pis.
set(CMAKE_SYSTEM_PROCESSOR armv6l)
set(MOTE_TRIPLET arm-linux-gnueabi)
set(MOTE_COMPILER_TRIPLET arm-linux-gnueabi)
set(MOTE_DEBIAN_ARCHITECTURE armel)
set(MOTE_EMULATOR qemu-arm-static)
include(${CMAKE_CURRENT_LIST_DIR}/linux-glibc.cmake)
