/* The version of mote. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0", or a longer text for a build between releases: "0.1.0~git20261130021605.0123456789ab". */
extern const char mote_version[];

#ifdef __cplusplus
}
#endif
