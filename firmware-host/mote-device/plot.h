// The run as an SVG: what each call took over the time of the run, and beside it, on the same scale, how often. It reads on a
// light and on a dark ground (prefers-color-scheme).
#pragma once

#include <cstdio>

#include "mote-device/options.h"
#include "mote-device/tally.h"

namespace mote::tool {

void put_plot(const Options& options, const Tally& tally, std::FILE* out);

}  // namespace mote::tool
