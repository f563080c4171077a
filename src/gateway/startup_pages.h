#pragma once

namespace mote::gateway {

// Returns the pages of the program's code and constants to the kernel: most of them are for the start only, and would stay
// resident. A page that is needed again comes back from the page cache. Not for a process that a debugger traces: breakpoints are
// changes of these pages and would be lost. Hot as lean::Engine::run(), so that both are on the pages that come back at once.
[[gnu::hot]] void return_startup_pages();

}  // namespace mote::gateway
