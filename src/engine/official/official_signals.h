// SIGTERM, SIGINT, SIGHUP and SIGUSR1 as flags that the loop looks at: the library's completion queue cannot wait for anything
// beside its own events.
#pragma once

namespace mote::official {

// From here on these signals set flags; a second SIGTERM or SIGINT ends the process at once with 128 + its number.
void catch_signals();
// SIGTERM or SIGINT came.
bool stop_asked();
// SIGHUP came since the last time.
bool take_reload_asked();
// SIGUSR1 came since the last time.
bool take_report_asked();

}  // namespace mote::official
