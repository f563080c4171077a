# mote_version(TARGET SYMBOL FOLDER): a static library with `const char SYMBOL[]`, the version of this build of the product in
# FOLDER, as cmake/version.py says. Every build looks it up; if it changed, this library is compiled and nothing else.
get_filename_component(MOTE_VERSION_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/version.py ABSOLUTE)
set(MOTE_VERSION_SCRIPT ${MOTE_VERSION_SCRIPT} CACHE INTERNAL "")

function(mote_version target symbol folder)
  get_filename_component(folder ${folder} ABSOLUTE)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${target})
  add_custom_target(${target}_text
    COMMAND /usr/bin/python3 ${MOTE_VERSION_SCRIPT} --header ${out}/build_version.h ${folder}
    BYPRODUCTS ${out}/build_version.h
    COMMENT "Version of ${target}"
    VERBATIM)
  file(CONFIGURE OUTPUT ${out}/version.c @ONLY CONTENT [[
/* Generated: the version of a build. */
#include "build_version.h"

extern const char @symbol@[];
const char @symbol@[] = BUILD_VERSION;
]])
  add_library(${target} STATIC ${out}/version.c)
  add_dependencies(${target} ${target}_text)
  target_include_directories(${target} PRIVATE ${out})
endfunction()
