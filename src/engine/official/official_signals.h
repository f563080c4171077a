// SIGTERM, SIGINT, SIGHUP and SIGUSR1 set flags, which the loop polls: the library's completion queue cannot wait for
// signals.
#pragma once

namespace mote::official {

// Installs the handlers. A second SIGTERM or SIGINT ends the process at once with 128 + its number.
void catch_signals();
// SIGTERM or SIGINT has arrived.
bool stop_asked();
// SIGHUP has arrived since the last call.
bool take_reload_asked();
// SIGUSR1 has arrived since the last call.
bool take_report_asked();

}  // namespace mote::official
