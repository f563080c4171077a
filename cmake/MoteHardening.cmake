# What all programs for Linux are built with, so that a fault of memory is harder to exploit. tests/hardening reads it from the
# programs. Firmware has no loader and no pages; sanitized programs find faults themselves.
if(MOTE_FIRMWARE OR MOTE_FUZZ OR MOTE_SANITIZE)
  set(MOTE_LINK_STATIC -static)
  return()
endif()

# Random addresses, also for static programs. A project that links mote into a shared library sets
# CMAKE_POSITION_INDEPENDENT_CODE.
if(NOT CMAKE_POSITION_INDEPENDENT_CODE)
  add_compile_options(-fPIE)
endif()
if(NOT MOTE_LINK_STATIC)  # toolchains/linux-glibc.cmake
  set(MOTE_LINK_STATIC -static-pie)
endif()
# Addresses of functions are in pages that are read-only before main(); lazy binding would keep them writable.
# toolchains/musl/relro.cpp does it for musl.
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
if(NOT MOTE_MUSL)
  add_link_options($<$<NOT:$<BOOL:${MOTE_STATIC}>>:-pie>)
endif()

add_compile_options(-fstack-protector-strong)

# Indirect jumps and returns go only where a jump or return belongs. A processor without it ignores the instructions; the
# compiler has it for no 32-bit ARM with an operating system.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  add_compile_options(-fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL aarch64)
  add_compile_options(-mbranch-protection=standard)
endif()

# musl has no checked variants of its functions. The C library warns without optimization.
if(NOT MOTE_MUSL)
  set(optimized $<CONFIG:Release,RelWithDebInfo,MinSizeRel>)
  add_compile_options($<${optimized}:-U_FORTIFY_SOURCE> $<${optimized}:-D_FORTIFY_SOURCE=3>)
endif()
