# Debian's compiler for glibc with Debian's musl instead. Programs are static and use only the headers of the C++ library
# (musl/include, musl/cxx_runtime.cpp).
include(${CMAKE_CURRENT_LIST_DIR}/linux.cmake)
if(MOTE_CXX_LIBRARY STREQUAL full)
  string(REPLACE musl gnu other ${MOTE_TRIPLET})
  message(FATAL_ERROR "MOTE_CXX_LIBRARY=full needs the toolchain ${other}.cmake")
endif()

# Programs have the same C library on every host.
set(sysroot_name ${MOTE_DEBIAN_ARCHITECTURE}-musl)
mote_fetch(sysroot --alone ${sysroot_name} bookworm ${MOTE_DEBIAN_ARCHITECTURE} musl-dev musl linux-libc-dev)
set(sysroot ${MOTE_FETCH_FOLDER}/sysroots/${sysroot_name})
set(CMAKE_FIND_ROOT_PATH ${sysroot} ${MOTE_INSTALLED})
set(MOTE_MUSL ON)
set(MOTE_LTO ON)

# The include folders of C++ and of the compiler.
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -x c++ -E -v /dev/null OUTPUT_QUIET ERROR_VARIABLE verbose)
string(REGEX MATCHALL "\n /[^\n]*/c\\+\\+/[^\n]*" cxx_folders "${verbose}")
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=include
  OUTPUT_VARIABLE compiler_folder OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT cxx_folders)
  message(FATAL_ERROR "${CMAKE_CXX_COMPILER} prints no folder of C++ headers:\n${verbose}")
endif()

# Of the kernel's interface (linux/, asm/), for the targets that need them.
set(MOTE_KERNEL_HEADERS ${sysroot}/usr/include ${sysroot}/usr/include/${MOTE_COMPILER_TRIPLET})

set(c_headers "-isystem ${sysroot}/usr/include/${MOTE_TRIPLET} -isystem ${compiler_folder}")
set(cxx_headers "-include ${CMAKE_CURRENT_LIST_DIR}/musl/include/mote_no_exceptions.h -isystem ${CMAKE_CURRENT_LIST_DIR}/musl/include")
foreach(folder IN LISTS cxx_folders)
  string(STRIP "${folder}" folder)
  string(APPEND cxx_headers " -isystem ${folder}")
endforeach()
# Unwind tables are not needed without exceptions. With link-time optimization a program is a tenth smaller and needs an
# eighth fewer instructions per call; tests are linked without it. It is optimized in one piece, and the linker removes what is not
# used afterwards: another hundredth.
set(common "${MOTE_CPU_FLAGS} -nostdinc -fno-asynchronous-unwind-tables -fno-unwind-tables -flto=auto -ffat-lto-objects")
# The canary of stack protectors is where musl keeps it for each thread (part 3 of struct pthread, an external interface of
# musl). Loading a global variable instead makes programs for 32-bit ARM a tenth larger.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL aarch64)
  set(MOTE_CANARY_OFFSET -16)
  string(APPEND common " -mstack-protector-guard=sysreg -mstack-protector-guard-reg=tpidr_el0")
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^arm")
  set(MOTE_CANARY_OFFSET -8)
  string(APPEND common " -mtp=cp15 -mstack-protector-guard=tls")
endif()
if(MOTE_CANARY_OFFSET)
  string(APPEND common " -mstack-protector-guard-offset=${MOTE_CANARY_OFFSET}")
endif()
# Where gcc optimizes for size, it would otherwise call the constructor of a std::string_view for each literal: the call is larger than
# what it does.
set(inlining --param=max-inline-insns-size=1)
set(CMAKE_C_FLAGS_INIT "${common} ${c_headers}")
set(CMAKE_CXX_FLAGS_INIT "${common} ${inlining} -nostdinc++ ${cxx_headers} ${c_headers} -fno-exceptions -fno-rtti -fno-threadsafe-statics")

set(libraries ${sysroot}/usr/lib/${MOTE_TRIPLET})
set(CMAKE_EXE_LINKER_FLAGS_INIT
  "${MOTE_CPU_FLAGS} -flto-partition=one -ffunction-sections -fdata-sections -static-pie -Wl,--no-dynamic-linker -nostdlib -nostartfiles ${page_flag} -Wl,--error-handling-script=${CMAKE_CURRENT_LIST_DIR}/musl/explain_undefined.sh ${libraries}/rcrt1.o ${libraries}/crti.o")
set(libc "-L${libraries} -Wl,--start-group -lc -lgcc -lgcc_eh -Wl,--end-group ${libraries}/crtn.o")
set(CMAKE_C_STANDARD_LIBRARIES ${libc})
set(CMAKE_CXX_STANDARD_LIBRARIES ${libc})
