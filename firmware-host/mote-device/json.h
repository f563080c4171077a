// The run for programs: one JSON object a line (RFC 8259), for each answer, failure and summary of Collect, and at the end one
// with "type":"summary". Times are microseconds.
#pragma once

#include <cstdio>

#include "mote-device/options.h"
#include "mote-device/received_metadata.h"
#include "mote-device/tally.h"

namespace mote::tool::json {

// The text of a reply stands in its object up to so many bytes; longer ones are left out, their size says how long they are.
inline constexpr std::size_t kMostTextBytes = 1024;

void put(const Answer& answer, const ReceivedMetadata& metadata, std::FILE* out);
void put(const Failure& failure, const ReceivedMetadata& metadata, std::FILE* out);
void put(const Collected& collected, const ReceivedMetadata& metadata, std::FILE* out);
// {"type":"end"}, of a stream that ended well and sent metadata with it.
void put_end(const ReceivedMetadata& metadata, std::FILE* out);
// `peer` as in lines.h.
void put_summary(const Options& options, const Tally& tally, const char* peer, std::FILE* out);

}  // namespace mote::tool::json
