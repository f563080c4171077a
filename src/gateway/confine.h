// The sandbox of a gateway that is ready (src/sandbox).
#pragma once

#include <span>
#include <string>

#include "engine/address.h"
#include "engine/fixed_text.h"
#include "mote/rpc/service_table.h"
#include "sandbox/sandbox.h"

namespace mote::gateway {

// What serving takes beyond the system calls that every gateway makes: SIGHUP reads `files` again, also after one was replaced or a
// link to it was changed within its folder; the sockets of `addresses`, and of `http` if it is not null, are removed at exit; and the
// needs of the services.
sandbox::Rules sandbox_rules(std::span<const std::string> files, std::span<const engine::Address> addresses,
                             const rpc::ServiceTable& table, const engine::Address* http = nullptr);

// "sandbox: system calls are filtered, files are restricted (Landlock 3)", or what this kernel lacks. No heap.
engine::FixedText<240> sandbox_text(const sandbox::Entered& entered);

}  // namespace mote::gateway
