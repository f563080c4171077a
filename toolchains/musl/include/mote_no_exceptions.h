// Included first in all C++: names the option at each `throw` and `try`, next to the error of the compiler.
#pragma once

#ifndef __cpp_exceptions
#define MOTE_NO_EXCEPTIONS \
  _Pragma("GCC warning \"exceptions need the complete C++ library: set MOTE_CXX_LIBRARY to full (docs/porting.md)\"")
#define throw MOTE_NO_EXCEPTIONS throw
#define try MOTE_NO_EXCEPTIONS try
#endif
