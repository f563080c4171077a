// What libstdc++'s headers, which are set up for glibc, need to stand on musl. Found before bits/c++config.h itself.
//
// Only what headers define can be used: templates, and std::string, which is one. Whatever would need an object of libstdc++.a
// (streams, locales, exceptions, threads), which was compiled for glibc, does not link.
#pragma once

// What g++ defines only when it knows that its C library is glibc.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <features.h>

// Asked by os_defines.h.
#define __GLIBC_PREREQ(major, minor) 0
// Names that headers of locales mention; what uses them would not link.
#define __locale_t locale_t
enum {
  _ISupper = 1 << 0,
  _ISlower = 1 << 1,
  _ISalpha = 1 << 2,
  _ISdigit = 1 << 3,
  _ISxdigit = 1 << 4,
  _ISspace = 1 << 5,
  _ISprint = 1 << 6,
  _ISgraph = 1 << 7,
  _ISblank = 1 << 8,
  _IScntrl = 1 << 9,
  _ISpunct = 1 << 10,
  _ISalnum = 1 << 11
};

#include_next <bits/c++config.h>

// std::string and the like are instantiated where they are used, not taken from libstdc++.a.
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0

// glibc's alone.
#undef _GLIBCXX_USE_PTHREAD_COND_CLOCKWAIT
#undef _GLIBCXX_USE_PTHREAD_MUTEX_CLOCKLOCK
#undef _GLIBCXX_USE_PTHREAD_RWLOCK_CLOCKLOCK
