// What an image with TCP runs over it: the self-test in plaintext (mps2-an385-ethernet/plaintext.cpp), or over TLS
// (mps2-an385-ethernet-tls/tls.cpp).
#pragma once

#include "mote/port.h"

namespace mote::board {

// `tcp` has no source of entropy. Returns the exit code of the image; `mode` is that of run_image().
int run_over_tcp(const mote_port& tcp, const char* mode);

}  // namespace mote::board
