# mote_official_grpc(TARGET LIBRARY...): the imported target TARGET, which links shared libraries of gRPC's C++ packages. They are
# found by name, because pkg-config needs a minute of CPU time for the 200 files of abseil that gRPC's files require. gRPC's headers
# call abseil's Mutex, so a library of abseil is linked by name too.
function(mote_official_grpc target)
  find_path(MOTE_GRPCPP_INCLUDE grpcpp/grpcpp.h REQUIRED)
  add_library(${target} INTERFACE IMPORTED)
  target_include_directories(${target} INTERFACE ${MOTE_GRPCPP_INCLUDE})
  foreach(name IN LISTS ARGN)
    find_library(MOTE_LIBRARY_${name} ${name} REQUIRED)
    target_link_libraries(${target} INTERFACE ${MOTE_LIBRARY_${name}})
  endforeach()
endfunction()
