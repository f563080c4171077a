// Includes cmocka after the headers that it needs.
#pragma once

// clang-format off
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

extern "C" {
#include <cmocka.h>
}

// cmocka's macro fail() breaks every function of that name, also std::ios::fail(). fail_msg() does the same with a reason; it is
// defined again because it uses fail().
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
