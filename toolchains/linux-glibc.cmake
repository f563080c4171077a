# Debian's compiler, C library and complete C++ library. For the gRPC engine, which needs Debian packages, and for
# MOTE_CXX_LIBRARY=full.
include(${CMAKE_CURRENT_LIST_DIR}/linux.cmake)

# From the release whose C++ library has the version of the compiler. Programs run on that release and on later ones.
execute_process(COMMAND ${MOTE_COMPILER_TRIPLET}-gcc -dumpversion OUTPUT_VARIABLE gcc OUTPUT_STRIP_TRAILING_WHITESPACE)
set(release_of_gcc_12 bookworm)
set(release_of_gcc_14 trixie)
if(NOT DEFINED release_of_gcc_${gcc})
  message(FATAL_ERROR "${MOTE_COMPILER_TRIPLET}-gcc is version ${gcc}: no Debian release with that C++ library is known here")
endif()
set(packages libc6-dev libstdc++-${gcc}-dev linux-libc-dev)
set(sysroot_name ${MOTE_DEBIAN_ARCHITECTURE})
if(MOTE_ENGINE STREQUAL grpc)
  string(APPEND sysroot_name -grpc)
  list(APPEND packages libgrpc++-dev libprotobuf-dev)
endif()
mote_fetch(sysroot ${sysroot_name} ${release_of_gcc_${gcc}} ${MOTE_DEBIAN_ARCHITECTURE} ${packages})
set(sysroot ${MOTE_FETCH_FOLDER}/sysroots/${sysroot_name})
set(CMAKE_SYSROOT ${sysroot})
set(CMAKE_FIND_ROOT_PATH ${MOTE_INSTALLED})
if(CMAKE_CROSSCOMPILING_EMULATOR)
  list(APPEND CMAKE_CROSSCOMPILING_EMULATOR -L ${sysroot})
endif()

set(cpu_flags "${MOTE_CPU_FLAGS}")
if(MOTE_DEBIAN_ARCHITECTURE STREQUAL armel)
  # Debian compiles the C++ library of armel for ARMv5, where atomics have no lock-free instructions: for a later processor, the
  # headers have another std::future, which the library does not support. So a newer processor only tunes.
  string(REGEX REPLACE "-mcpu=([^ ]+)" "-mtune=\\1" cpu_flags "${cpu_flags}")
  string(REGEX REPLACE "-march=[^ ]+" "" cpu_flags "${cpu_flags}")
endif()
set(flags "${cpu_flags}")
if(MOTE_DEBIAN_ARCHITECTURE MATCHES "^arm(hf|el)$")
  # 64-bit time, for dates after 2038. musl always uses it.
  string(APPEND flags " -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64")
endif()
set(CMAKE_C_FLAGS_INIT "${flags}")
set(CMAKE_CXX_FLAGS_INIT "${flags}")
# Otherwise the compiler uses its own C library, not the one of the sysroot.
set(libraries ${sysroot}/usr/lib/${MOTE_COMPILER_TRIPLET})
set(CMAKE_EXE_LINKER_FLAGS_INIT "${cpu_flags} -B${libraries} -L${libraries}")
if(MOTE_CXX_LIBRARY STREQUAL full)
  # One file that needs only a kernel, as with musl. Debian's glibc for 32-bit ARM has no start file for a static program with
  # random addresses.
  set(MOTE_STATIC ON)
  if(EXISTS ${libraries}/rcrt1.o)
    set(MOTE_LINK_STATIC -static-pie)
  else()
    set(MOTE_LINK_STATIC -static)
  endif()
  string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " ${MOTE_LINK_STATIC} ${page_flag}")
endif()

set(ENV{PKG_CONFIG_SYSROOT_DIR} ${sysroot})
set(ENV{PKG_CONFIG_LIBDIR} ${libraries}/pkgconfig:${sysroot}/usr/share/pkgconfig)
