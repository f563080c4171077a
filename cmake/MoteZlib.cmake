# zlib from its pinned source package (toolchains/sources.sha256), with what mote uses of it: level 1 only (FASTEST), and one table for
# CRC-32 instead of nine (Z_TESTW). That is half the size of Debian's library.
include_guard(GLOBAL)

include(${PROJECT_SOURCE_DIR}/toolchains/fetch.cmake)
mote_fetch(source zlib)
set(zlib ${MOTE_FETCH_FOLDER}/sources/zlib)

set(sources adler32.c crc32.c deflate.c inffast.c inflate.c inftrees.c trees.c zutil.c)
list(TRANSFORM sources PREPEND ${zlib}/)
add_library(mote_zlib STATIC ${sources})
target_include_directories(mote_zlib SYSTEM PUBLIC $<BUILD_INTERFACE:${zlib}>)
target_compile_definitions(mote_zlib PRIVATE FASTEST Z_TESTW=0)
target_compile_options(mote_zlib PRIVATE -w -ffunction-sections -fdata-sections)
mote_export(mote_zlib)
