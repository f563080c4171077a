// Refused: a status message consists of text, bytes and integers
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

rpc::Status status(rpc::Call& call) {
  return call.fail(rpc::StatusCode::OutOfRange, "hot: ", true);
}
