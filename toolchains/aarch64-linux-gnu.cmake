# Linux on 64-bit ARM, with Debian's C library.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(MOTE_TRIPLET aarch64-linux-gnu)
set(MOTE_COMPILER_TRIPLET aarch64-linux-gnu)
set(MOTE_DEBIAN_ARCHITECTURE arm64)
set(MOTE_EMULATOR qemu-aarch64-static)
include(${CMAKE_CURRENT_LIST_DIR}/linux-glibc.cmake)
