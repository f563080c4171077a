// Refused: a status message made at run time must be copied: return call.fail(code, text...)
#include <string>

#include "echo.mote.h"

using namespace mote;

rpc::Status status(const std::string& name) {
  return {rpc::StatusCode::NotFound, "no device " + name};
}
