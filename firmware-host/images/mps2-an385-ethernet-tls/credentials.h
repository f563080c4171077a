// What the board must know for TLS. It is not part of the image: scripts/credentials.py makes a file of it, which is
// written to a fixed place of the flash (mote_credentials in image.ld).
#pragma once

#include "mote/port_tls.h"

namespace mote::board {

// Points into the flash. False: there is nothing.
[[nodiscard]] bool read_credentials(mote_tls_options& options);

}  // namespace mote::board
