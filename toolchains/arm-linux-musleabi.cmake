# Linux on ARMv5 and later, soft floating point, linked statically with musl. For the ARMv6 of the first Raspberry Pis.
set(CMAKE_SYSTEM_PROCESSOR armv6l)
set(MOTE_TRIPLET arm-linux-musleabi)
set(MOTE_COMPILER_TRIPLET arm-linux-gnueabi)
set(MOTE_DEBIAN_ARCHITECTURE armel)
set(MOTE_EMULATOR qemu-arm-static)
# Code that runs rarely is Thumb, a third smaller. One program has both, and gcc 12 optimizes only one of them as a whole.
set(MOTE_RARELY_OPTIONS -mthumb -fno-lto -Wno-psabi -specs=${CMAKE_CURRENT_LIST_DIR}/musl/thumb.specs)
include(${CMAKE_CURRENT_LIST_DIR}/linux-musl.cmake)
