// Draws the run as an SVG: the time of each call over the run, and a histogram on the same scale. It is readable on a
// light and on a dark background (prefers-color-scheme).
#pragma once

#include <cstdio>

#include "mote-device/options.h"
#include "mote-device/tally.h"

namespace mote::tool {

void put_plot(const Options& options, const Tally& tally, std::FILE* out);

}  // namespace mote::tool
