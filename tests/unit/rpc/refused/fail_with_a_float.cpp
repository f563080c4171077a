// Refused: a status text is made of text, bytes and whole numbers
#include "echo.pb.h"
#include "mote/rpc/handler.h"

using namespace mote;

rpc::Status status(rpc::Call& call) {
  return call.fail(rpc::StatusCode::OutOfRange, "too hot: ", 451.0);
}
