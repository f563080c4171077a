// MOTE_ADDRESS_SANITIZER is 1 in a program that AddressSanitizer checks, else 0. GCC and clang say it in different ways.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define MOTE_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MOTE_ADDRESS_SANITIZER 1
#endif
#endif

#ifndef MOTE_ADDRESS_SANITIZER
#define MOTE_ADDRESS_SANITIZER 0
#endif
