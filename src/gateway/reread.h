// Reads the configuration again while the gateway serves.
#pragma once

#include <optional>
#include <span>

#include "engine/access_texts.h"
#include "engine/limits.h"
#include "engine/log.h"
#include "gateway/configure.h"
#include "mote/span.h"

namespace mote::gateway {

// What may change without a restart.
struct Reread {
  engine::Limits limits;  // Resolved.
  engine::LogLevel log_level;
#ifdef MOTE_TLS
  engine::AccessSizes access{};  // Of the texts that say who may connect and call.
#endif
};

// Runs configure() in a child process, because it needs the heap, which the serving process does not use. Errors go to
// stderr. Returns nothing if there are errors or the child process cannot be created. The texts of Reread::access are in `access`
// if it has room for them.
std::optional<Reread> reread_configuration(const Program& program, std::span<const char* const> arguments,
                                           const char* const* variables, MutableBytes access = {});

}  // namespace mote::gateway
