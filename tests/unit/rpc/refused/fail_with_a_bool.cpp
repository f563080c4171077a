// Refused: a status message consists of text, bytes and integers
#include "echo.mote.h"

using namespace mote;

rpc::Status status(rpc::Call& call) {
  return call.fail(rpc::StatusCode::OutOfRange, "hot: ", true);
}
