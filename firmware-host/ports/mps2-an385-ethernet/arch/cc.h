/* Compiler settings for lwIP: the defaults of lwip/arch.h are correct. */
#pragma once

#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_UNISTD_H 1
#define LWIP_PLATFORM_DIAG(message)
#define LWIP_PLATFORM_ASSERT(message)
