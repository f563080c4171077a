// Refused: a status message made at run time must be copied: return call.fail(code, text...)
#include "echo.mote.h"

using namespace mote;

rpc::Status status(const char* text) {
  return {rpc::StatusCode::NotFound, text};
}
