// The human-readable output: a line for each answer, and a summary at the end.
#pragma once

#include <cstddef>
#include <cstdio>

#include "mote-device/options.h"
#include "mote-device/received_metadata.h"
#include "mote-device/tally.h"

namespace mote::tool::lines {

// `peer` is the address of the connected server, "" before the first connection.
void put_begin(const Options& options, std::FILE* out);
void put(const Options& options, const Answer& answer, const char* peer, std::FILE* out);
void put(const Options& options, const Failure& failure, std::FILE* out);
void put(const Collected& collected, const char* peer, std::FILE* out);
void put(const ReceivedMetadata& metadata, std::FILE* out);

// `columns` and `blocks` are the arguments of draw_bars().
void put_summary(const Options& options, const Tally& tally, std::size_t columns, bool blocks, std::FILE* out);

}  // namespace mote::tool::lines
