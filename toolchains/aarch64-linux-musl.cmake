# Linux on 64-bit ARM, linked statically with musl.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(MOTE_TRIPLET aarch64-linux-musl)
set(MOTE_COMPILER_TRIPLET aarch64-linux-gnu)
set(MOTE_DEBIAN_ARCHITECTURE arm64)
set(MOTE_EMULATOR qemu-aarch64-static)
include(${CMAKE_CURRENT_LIST_DIR}/linux-musl.cmake)
