// Refused: a status message made at run time must be copied: return call.fail(code, text...)
#include <string>

#include "echo.mote.h"

using namespace mote;

void finish(rpc::Call& call, const std::string& name) {
  rpc::Status status;
  status.message = "no device " + name;
  call.finish(status);
}
