# mote_library(TARGET source... [AS name]): a static library of the product. Projects link it as mote::NAME, by default
# TARGET without "mote_": the same name in the build of mote, in a project that adds mote's folder, and after installation.
function(mote_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "AS" "")
  add_library(${target} STATIC ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${target} PUBLIC mote_usage PRIVATE $<BUILD_INTERFACE:mote_product>)
  mote_export(${target} ${arg_AS})
endfunction()

# mote_export(TARGET [NAME]): gives a library the name mote::NAME and installs it. Part of another project, it is built only if that
# project links it.
function(mote_export target)
  string(REGEX REPLACE "^mote_" "" name ${target})
  if(ARGC GREATER 1)
    set(name ${ARGV1})
  endif()
  add_library(mote::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  if(NOT PROJECT_IS_TOP_LEVEL AND NOT MOTE_INSTALL)
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  if(MOTE_INSTALL)
    install(TARGETS ${target} EXPORT mote ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endfunction()

# mote_install_program(TARGET): installs a program.
function(mote_install_program target)
  if(MOTE_INSTALL)
    install(TARGETS ${target} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endfunction()
