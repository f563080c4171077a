#!/bin/sh
# The linker calls it for each undefined symbol, before it prints its error: names the option for those of the C++ library.
#   explain_undefined.sh undefined-symbol NAME
case $1:$2 in
  undefined-symbol:__cxa_* | undefined-symbol:__gxx_* | undefined-symbol:__dynamic_cast) ;;
  # What is in namespaces std, __gnu_cxx and __cxxabiv1: functions, variables, tables of classes.
  undefined-symbol:_ZS* | undefined-symbol:_ZNS* | undefined-symbol:_ZN[VKR]S* | undefined-symbol:_ZNVKS*) ;;
  undefined-symbol:_ZT[VTISCW]S* | undefined-symbol:_ZT[VTISCW]NS* | undefined-symbol:_ZGV*S*) ;;
  undefined-symbol:*N9__gnu_cxx* | undefined-symbol:*NK9__gnu_cxx* | undefined-symbol:*N10__cxxabiv1*) ;;
  *) exit 0 ;;
esac
echo "The next undefined symbol is in the complete C++ library: set MOTE_CXX_LIBRARY to full (docs/porting.md)" >&2
