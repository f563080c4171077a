# The names of a product, from its product.conf: one KEY=VALUE per line, without quotes (deploy/product.py). This file works in mote's
# folder and where mote is installed.
#
# mote_product_value(VARIABLE FILE KEY): sets VARIABLE to the value of a key.
#
# mote_product_header(TARGET FILE): an interface library with product.h, which has the names as `kProduct` for mote::serve(). The
# version is that of the build (MoteVersion.cmake).
include(${CMAKE_CURRENT_LIST_DIR}/MoteVersion.cmake)

function(mote_product_value variable file key)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "There is no ${file}, which has the names of the product")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(STRINGS ${file} line REGEX "^${key}=")
  string(REGEX REPLACE "^${key}=" "" value "${line}")
  if(value STREQUAL "")
    message(FATAL_ERROR "${file}: ${key} is missing")
  endif()
  set(${variable} "${value}" PARENT_SCOPE)
endfunction()

function(mote_product_header target file)
  get_filename_component(file ${file} ABSOLUTE)
  set(PROGRAM_pattern "[a-z][a-z0-9-]*")
  set(VERSION_pattern "[0-9]+[.][0-9]+[.][0-9]+")
  set(ENVIRONMENT_pattern "[A-Z][A-Z0-9_]*_")
  set(PORT_pattern "[1-9][0-9]*")
  foreach(key PROGRAM VERSION ENVIRONMENT PORT)
    mote_product_value(${key} ${file} ${key})
    if(NOT ${key} MATCHES "^${${key}_pattern}$")
      message(FATAL_ERROR "${file}: ${key} must match ${${key}_pattern}, not \"${${key}}\"")
    endif()
  endforeach()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/product)
  file(CONFIGURE OUTPUT ${folder}/product.h @ONLY CONTENT [[
// Generated from product.conf.
#pragma once

#include "mote/product.h"

extern "C" const char mote_product_version[];

inline const mote::Product kProduct = {
    .name = "@PROGRAM@", .version = mote_product_version, .environment = "@ENVIRONMENT@", .port = @PORT@};
]])
  get_filename_component(root ${file} DIRECTORY)
  mote_version(${target}_version mote_product_version ${root})
  add_library(${target} INTERFACE)
  target_include_directories(${target} INTERFACE ${folder})
  target_link_libraries(${target} INTERFACE ${target}_version)
endfunction()
