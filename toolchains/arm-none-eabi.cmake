# Debian's gcc-arm-none-eabi with newlib-nano, for boards without an operating system. MOTE_BOARD names the folder of
# the board, whose board.cmake has the flags of its processor.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
# Programs do not link without the linker script of a board.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MOTE_BOARD MOTE_BOARD_DIR)

include(${CMAKE_CURRENT_LIST_DIR}/find_board.cmake)
include(${MOTE_BOARD_FOLDER}/board.cmake)
# Objects for both kinds of link: link-time optimization saves a tenth of an image. A function with one caller is inlined
# only if that makes the code smaller: large functions need more registers than exist.
set(flags "${MOTE_CPU_FLAGS} -flto=auto -ffat-lto-objects -fno-inline-functions-called-once")
set(CMAKE_C_FLAGS_INIT "${flags}")
set(CMAKE_CXX_FLAGS_INIT "${flags}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "--specs=nano.specs -nostartfiles")
set(CMAKE_EXECUTABLE_SUFFIX_C .elf)
set(CMAKE_EXECUTABLE_SUFFIX_CXX .elf)
