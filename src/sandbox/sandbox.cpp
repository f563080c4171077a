#include "sandbox/sandbox.h"

#include <sys/prctl.h>

#include <cerrno>

#include "bytes/address_sanitizer.h"

namespace mote::sandbox {

Entered Sandbox::enter() const {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return {.system_calls_error = errno, .files = {.error = errno}};
  const Restricted files = restrict_files(files_);
  // Last: the filter does not allow what the two before it need.
  return {.system_calls_error = filter_.install(), .files = files};
}

bool impossible() {
  return MOTE_ADDRESS_SANITIZER != 0;
}

}  // namespace mote::sandbox
