// Refused: a status text that is made at run time has to be copied: return call.fail(code, text...)
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

rpc::Status status(const char* text) {
  return {rpc::StatusCode::NotFound, text};
}
