// Machine-readable output: one JSON object per line (RFC 8259) for each answer, failure and summary of Collect, and at the
// end one with "type":"summary". Times are microseconds.
#pragma once

#include <cstdio>

#include "mote-device/options.h"
#include "mote-device/received_metadata.h"
#include "mote-device/tally.h"

namespace mote::tool::json {

// The object of a reply contains its text up to this size. A longer text is omitted; the object contains its size.
inline constexpr std::size_t kMostTextBytes = 1024;

void put(const Answer& answer, const ReceivedMetadata& metadata, std::FILE* out);
void put(const Failure& failure, const ReceivedMetadata& metadata, std::FILE* out);
void put(const Collected& collected, const ReceivedMetadata& metadata, std::FILE* out);
// {"type":"end"}, for a successful stream with trailing metadata.
void put_end(const ReceivedMetadata& metadata, std::FILE* out);
// `peer` is the same as in lines.h.
void put_summary(const Options& options, const Tally& tally, const char* peer, std::FILE* out);

}  // namespace mote::tool::json
