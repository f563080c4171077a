// cmocka with what its header expects to come before it.
#pragma once

// clang-format off
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

extern "C" {
#include <cmocka.h>
}

// cmocka's fail() is a macro that breaks every function of that name, std::ios::fail() too. fail_msg() does the same and
// says why; it is built on fail(), so it is built anew.
#undef fail
#undef fail_msg
// NOLINTNEXTLINE(readability-identifier-naming): the name is cmocka's
#define fail_msg(...)                          \
  do {                                         \
    print_error("ERROR: " __VA_ARGS__);        \
    print_error("\n");                         \
    _fail(__FILE__, __LINE__);                 \
  } while (0)
// clang-format on
